"""Makes pictures.json: moved pictures by SciPy, coloured ones by Pillow, and numbers of PractRand's sfc32.

    python3 pictures.py > pictures.json      (made with SciPy 1.17.1, Pillow 13.0.0)
"""
import json

import numpy as np
from PIL import Image, ImageEnhance
from scipy import ndimage

HEIGHT, WIDTH, CHANNELS = 6, 9, 2
MEAN, STD = np.array([0.5, 0.25]), np.array([0.25, 0.5])


def picture():
    i = np.arange(HEIGHT * WIDTH * CHANNELS)
    return ((i * 37) % 101 / 50 - 1).reshape(HEIGHT, WIDTH, CHANNELS)


def matrix(move):
    """Where pixels go, as a product of steps: about the centre mirrored, enlarged, turned; then shifted."""
    shift = lambda x, y: np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])
    angle = np.deg2rad(move["degrees"])
    cos, sin = np.cos(angle), np.sin(angle)
    steps = [
        shift(-(WIDTH - 1) / 2, -(HEIGHT - 1) / 2),
        np.diag([-1 if move["isFlipped"] else 1, 1, 1]),
        np.diag([move["zoom"], move["zoom"], 1]),
        np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]),  # anticlockwise, rows counting downwards
        shift((WIDTH - 1) / 2, (HEIGHT - 1) / 2),
        shift(move["shiftX"], move["shiftY"]),
    ]
    whole = np.eye(3)
    for step in steps:
        whole = step @ whole
    return whole


def moved(move):
    back = np.linalg.inv(matrix(move))
    swap = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]])  # SciPy counts rows first
    back = swap @ back @ swap
    planes = [
        ndimage.affine_transform(
            picture()[:, :, c], back, order=1, mode="grid-constant", cval=-MEAN[c] / STD[c]
        )
        for c in range(CHANNELS)
    ]
    return np.stack(planes, axis=-1).ravel().round(6).tolist()


MOVES = [
    {"isFlipped": False, "degrees": 30, "zoom": 1, "shiftX": 0, "shiftY": 0},
    {"isFlipped": False, "degrees": 0, "zoom": 1.3, "shiftX": 0, "shiftY": 0},
    {"isFlipped": False, "degrees": 0, "zoom": 0.7, "shiftX": 0, "shiftY": 0},
    {"isFlipped": True, "degrees": 0, "zoom": 1, "shiftX": 1.25, "shiftY": -0.5},
    {"isFlipped": True, "degrees": -17, "zoom": 1.2, "shiftX": 2, "shiftY": 1.5},
    {"isFlipped": False, "degrees": 145, "zoom": 0.6, "shiftX": -3.1, "shiftY": 0.2},
    {"isFlipped": False, "degrees": 0, "zoom": 1, "shiftX": 40.5, "shiftY": 0},
]

BYTES = ((np.arange(4 * 5 * 3) * 67) % 256).astype(np.uint8).reshape(4, 5, 3)
COLOURINGS = [
    {"brightness": 0.6, "contrast": 1, "saturation": 1},
    {"brightness": 1.7, "contrast": 1, "saturation": 1},
    {"brightness": 1, "contrast": 0.4, "saturation": 1},
    {"brightness": 1, "contrast": 1.8, "saturation": 1},
    {"brightness": 1, "contrast": 1, "saturation": 0.3},
    {"brightness": 1, "contrast": 1, "saturation": 1.9},
    {"brightness": 0.8, "contrast": 1.3, "saturation": 0.7},
]


def coloured(factors):
    image = Image.fromarray(BYTES)
    image = ImageEnhance.Brightness(image).enhance(factors["brightness"])
    image = ImageEnhance.Contrast(image).enhance(factors["contrast"])
    image = ImageEnhance.Color(image).enhance(factors["saturation"])
    return np.asarray(image).ravel().tolist()


SIGMAS = [0.5, 0.75, 1, 1.5, 2]  # by severity


def blurred(sigma):
    radius = int(np.ceil(3 * sigma))
    planes = [
        ndimage.gaussian_filter(picture()[:, :, c], sigma, mode="nearest", radius=radius)
        for c in range(CHANNELS)
    ]
    return np.stack(planes, axis=-1).ravel().round(6).tolist()


def sfc32(low, high, count):
    """PractRand's source, in Python: a = 0, b and c from the seed, counter = 1, twelve rounds, then numbers."""
    mask = 0xFFFFFFFF
    a, b, c, counter = 0, low, high, 1
    numbers = []
    for _ in range(12 + count):
        tmp = (a + b + counter) & mask
        counter += 1
        a = b ^ (b >> 9)
        b = (c + (c << 3)) & mask
        c = (((c << 21) | (c >> 11)) + tmp) & mask
        numbers.append(tmp)
    return numbers[12:]


print(
    json.dumps(
        {
            "moves": [{"move": move, "values": moved(move)} for move in MOVES],
            "colourings": [{"factors": f, "bytes": coloured(f)} for f in COLOURINGS],
            "blurs": [
                {"severity": i + 1, "sigma": sigma, "values": blurred(sigma)} for i, sigma in enumerate(SIGMAS)
            ],
            "sfc32": [
                {"seed": seed, "index": index, "numbers": sfc32(seed, index, 4)}
                for seed, index in [(0, 0), (1, 0), (0, 1), (123456789, 49999), (2147483647, 4294967295)]
            ],
        },
        indent=None,
    )
)
