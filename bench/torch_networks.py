"""The networks of elbow as PyTorch has them."""

from torch import nn

VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3)


def lenet():
    """The LeNet with batch norm."""
    return nn.Sequential(
        nn.Conv2d(3, 20, 5),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        norm(20),
        nn.Conv2d(20, 50, 5),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        norm(50),
        nn.Conv2d(50, 50, 5),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Linear(50, 10),
    )


def vgg16():
    """VGG16 for 32×32 images with batch norm between each convolution and its ReLU, and 512-512-10 dense units."""
    parts, channels = [], 3
    for stage in VGG16:
        for filters in stage:
            parts += [nn.Conv2d(channels, filters, 3, padding=1, bias=False), norm(filters), nn.ReLU(inplace=True)]
            channels = filters
        parts.append(nn.MaxPool2d(2))
    dense = [nn.Flatten(), nn.Linear(512, 512), nn.ReLU(inplace=True), nn.Linear(512, 512), nn.ReLU(inplace=True)]
    return nn.Sequential(*parts, *dense, nn.Linear(512, 10))


NETWORKS = {"lenet": lenet, "vgg16": vgg16}
