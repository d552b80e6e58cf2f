"""A network with one hidden layer learns to tell two noisy rings apart. Plain Python; 8 units, 80 samples: a second.

It is an example of a program that elbow runs (docs/command.md), and runs alone just as well:
    python3 two-rings.py --rate=0.5 --hidden=8 --samples=20 --seed=1
"""

import argparse
import json
import math
import os
import random

EPOCHS = 40


def rings(random_numbers, per_class):
    """Points of radius 1 (label 0) and 2 (label 1), with noise."""
    points = []
    for label in (0, 1):
        for _ in range(per_class):
            angle = random_numbers.uniform(0, 2 * math.pi)
            radius = 1 + label + random_numbers.gauss(0, 0.3)
            points.append((radius * math.cos(angle), radius * math.sin(angle), label))
    return points


def forward(weights, x, y):
    hidden = [math.tanh(a * x + b * y + c) for a, b, c, _ in weights["units"]]
    logit = weights["bias"] + sum(h * unit[3] for h, unit in zip(hidden, weights["units"]))
    return hidden, 1 / (1 + math.exp(-max(-60, min(60, logit))))


def train_epoch(weights, points, rate, order):
    order.shuffle(points)
    loss = 0
    for x, y, label in points:
        hidden, p = forward(weights, x, y)
        loss -= math.log(max(1e-12, p if label else 1 - p))
        slope = p - label
        weights["bias"] -= rate * slope
        for h, unit in zip(hidden, weights["units"]):
            inner = slope * unit[3] * (1 - h * h)
            unit[3] -= rate * slope * h
            unit[0] -= rate * inner * x
            unit[1] -= rate * inner * y
            unit[2] -= rate * inner
    return loss / len(points)


def accuracy(weights, points):
    return sum((forward(weights, x, y)[1] > 0.5) == (label == 1) for x, y, label in points) / len(points)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--hidden", type=int, required=True)
    parser.add_argument("--samples", type=int, required=True, help="per class, for training")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()

    # The seed decides everything: arms of a replicate have the same points and differ in their settings alone.
    train = rings(random.Random(f"{asked.seed} train"), asked.samples)
    validation = rings(random.Random(f"{asked.seed} validation"), 100)
    test = rings(random.Random("test"), 500)
    start = random.Random(f"{asked.seed} weights")
    weights = {"bias": 0.0, "units": [[start.gauss(0, 1) for _ in range(4)] for _ in range(asked.hidden)]}
    done = 0

    # What lies in this folder is there again when the trial is taken up after a pause or on a worker that came back.
    folder = os.environ.get("ELBOW_FOLDER")
    state = folder and os.path.join(folder, "state.json")
    if state and os.path.exists(state):
        with open(state) as file:
            done, weights = json.load(file)

    for epoch in range(done + 1, EPOCHS + 1):
        loss = train_epoch(weights, sorted(train), asked.rate, random.Random(f"{asked.seed} {epoch}"))
        print(json.dumps({"epoch": epoch, "train_loss": loss, "val_accuracy": accuracy(weights, validation)}))
        if state:
            with open(state + ".new", "w") as file:
                json.dump([epoch, weights], file)
            os.replace(state + ".new", state)
    print(json.dumps({"train_accuracy": accuracy(weights, train), "test_accuracy": accuracy(weights, test)}))


main()
