"""CIFAR-10 from its six binary files, as elbow takes it: standardised, the first images of each class."""

import numpy as np

MEAN = np.array([0.49140, 0.48216, 0.44653], np.float32)
STD = np.array([0.24703, 0.24349, 0.26159], np.float32)


def read(folder, names):
    """Pixels of shape [images, 32, 32, 3], bytes, and labels of shape [images]."""
    rows = np.concatenate([np.fromfile(f"{folder}/{name}", np.uint8).reshape(-1, 3073) for name in names])
    return rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), rows[:, 0].astype(int)


def read_train(folder):
    return read(folder, [f"data_batch_{i}.bin" for i in range(1, 6)])


def read_test(folder):
    return read(folder, ["test_batch.bin"])


def standardise(pixels):
    return np.ascontiguousarray((pixels.astype(np.float32) / 255 - MEAN) / STD)


def training_images(folder, per_class):
    """Four fifths of so many images of each class: what a trial of this size trains on."""
    pixels, labels = read_train(folder)
    count = per_class - per_class // 5
    chosen = np.concatenate([np.where(labels == label)[0][:count] for label in range(10)])
    chosen = np.random.default_rng(42).permutation(chosen)
    return standardise(pixels[chosen]), labels[chosen]


def inference_images(folder, per_class):
    """The test images and the training images of a size: what a trial evaluates at its end."""
    pixels, labels = read_test(folder)
    train, train_labels = training_images(folder, per_class)
    return np.concatenate([standardise(pixels), train]), np.concatenate([labels, train_labels])
