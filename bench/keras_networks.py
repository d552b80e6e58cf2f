"""The networks of elbow as Keras has them, for the scripts beside this file."""

import keras
from keras import layers

VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def compiled(model, **options):
    """Adam 0.001, cross-entropy."""
    model.compile(
        optimizer=keras.optimizers.Adam(0.001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        **options,
    )
    return model


def lenet(**options):
    """The LeNet with batch norm, moving averages of momentum 0.9. @param options of `compile`"""
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(20, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.BatchNormalization(momentum=0.9),
            layers.Conv2D(50, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.BatchNormalization(momentum=0.9),
            layers.Conv2D(50, 5, activation="relu"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    return compiled(model, **options)


def vgg16(**options):
    """VGG16 for 32×32 images with batch norm between each convolution and its ReLU, and 512-512-10 dense units."""
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for stage in VGG16:
        for filters in stage:
            model.add(layers.Conv2D(filters, 3, padding="same", use_bias=False))
            model.add(layers.BatchNormalization(momentum=0.9))
            model.add(layers.ReLU())
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(512, activation="relu"))
    model.add(layers.Dense(512, activation="relu"))
    model.add(layers.Dense(10))
    return compiled(model, **options)


NETWORKS = {"lenet": lenet, "vgg16": vgg16}
