"""Images per second of the same LeNet in Keras' graph mode, training steps only, on random images.

usage: training-keras.py THREADS BATCH IMAGES EPOCHS
Prints the rate of all epochs but the first, which traces the graph, as its last line.
"""

import os
import sys
import time

threads, batch, images, epochs = (int(word) for word in sys.argv[1:5])
os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)
os.environ["TF_NUM_INTEROP_THREADS"] = "1"

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras_lenet import lenet  # noqa: E402

keras.utils.set_random_seed(42)
model = lenet()
random = np.random.default_rng(42)
x = random.standard_normal((images, 32, 32, 3), dtype=np.float32)
y = random.integers(0, 10, images)
model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
begin = time.perf_counter()
model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)
print(images * epochs / (time.perf_counter() - begin))
