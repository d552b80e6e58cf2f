"""Images per second of a network in Keras' graph mode.

usage: training-keras.py FOLDER MODEL training|inference graph|jit THREADS BATCH SIZE EPOCHS

FOLDER holds CIFAR-10's six binary files, SIZE is samples per class. Prints the rate as its last line: of all epochs but
the first, which traces the graph; or of one pass over test and training images after another one.
"""

import os
import sys
import time

folder, name, mode, variant = sys.argv[1:5]
threads, batch, size, epochs = (int(word) for word in sys.argv[5:9])
os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)
os.environ["TF_NUM_INTEROP_THREADS"] = "1"

import keras  # noqa: E402
from cifar10 import inference_images, training_images  # noqa: E402
from keras_networks import NETWORKS  # noqa: E402

keras.utils.set_random_seed(42)
model = NETWORKS[name](jit_compile=variant == "jit")
if mode == "training":
    x, y = training_images(folder, size)
    model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
    begin = time.perf_counter()
    model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)
    count = len(x) * epochs
else:
    x, y = inference_images(folder, size)
    model.evaluate(x, y, batch_size=batch, verbose=0)
    begin = time.perf_counter()
    model.evaluate(x, y, batch_size=batch, verbose=0)
    count = len(x)
print(count / (time.perf_counter() - begin))
