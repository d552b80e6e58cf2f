"""Test accuracy of the LeNet with batch norm in Keras, as a check of elbow's learning curve from outside.

usage: accuracy-keras.py FOLDER SIZES REPLICATES, such as accuracy-keras.py ~/.local/share/elbow/data/cifar10 200,500,1000 3

FOLDER holds CIFAR-10's six binary files. The procedure is elbow's (a fifth of the labels for validation, Adam 0.001,
batches of 64, patience 3 on validation accuracy, best weights), but with Keras' moving averages (momentum 0.9) in place
of recalibrated statistics, and with its plain rule that counts every epoch against patience. Each size is trained on
standardised pixels and on pixels divided by 255.
"""

import os
import sys

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402
from cifar10 import MEAN, STD, read_test, read_train  # noqa: E402
from keras_networks import lenet  # noqa: E402

folder, sizes, replicates = sys.argv[1], [int(size) for size in sys.argv[2].split(",")], int(sys.argv[3])
train_pixels, train_labels = read_train(folder)
test_pixels, test_labels = read_test(folder)


def prepare(pixels, standardised):
    values = pixels.astype(np.float32) / 255
    return (values - MEAN) / STD if standardised else values


def test_accuracy(size, seed, standardised):
    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    train, validation = [], []
    for label in range(10):
        chosen = random.permutation(np.where(train_labels == label)[0])[:size]
        for i, position in enumerate(chosen):
            (validation if i % 5 == 4 else train).append(position)
    model = lenet()
    stopping = keras.callbacks.EarlyStopping("val_accuracy", patience=3, mode="max", restore_best_weights=True)
    model.fit(
        prepare(train_pixels[train], standardised),
        train_labels[train],
        validation_data=(prepare(train_pixels[validation], standardised), train_labels[validation]),
        batch_size=64,
        epochs=50,
        callbacks=[stopping],
        verbose=0,
    )
    return model.evaluate(prepare(test_pixels, standardised), test_labels, batch_size=500, verbose=0)[1]


for size in sizes:
    for standardised in (True, False):
        scores = [test_accuracy(size, seed, standardised) for seed in range(replicates)]
        kind = "standardised" if standardised else "divided by 255"
        print(f"{size} per class, {kind}: {np.mean(scores):.3f} ({', '.join(f'{s:.3f}' for s in scores)})", flush=True)
