"""Values of PyTorch's and TensorFlow's rules around an optimizer: rules.py > rules.json.

Gradients as in optimizers.py; the file has the parameters after steps 1, 2, 3, 10 and 100, with the penalty λ ‖θ‖² / 2,
a limit of the gradient's norm, AdamW's decay by default, and the moving average of the weights; and the rate of each of 40
steps of the schedules, 4 steps an epoch. Written with PyTorch 2.8.0 and TensorFlow 2.20.0.
"""

import json
import math
import warnings

import tensorflow as tf
import torch

warnings.simplefilter("ignore")  # of schedulers that are asked for rates without an optimizer's steps

START = [1.0, -2.0, 0.5, 3.0, -0.25]
SLOPE = [1.0, 0.1, 10.0, 0.5, 2.0]
TARGET = [0.0, 1.0, -1.0, 0.5, 0.25]
SEEN = [1, 2, 3, 10, 100]
RATE = 0.1
STEPS = 40
STEPS_PER_EPOCH = 4


def play(make, clip=0.0, decay=0.0):
    """Parameters, or their average where `decay` is above 0, after the steps of SEEN."""
    theta = torch.nn.Parameter(torch.tensor(START))
    optimizer = make([theta])
    shadow = tf.Variable(START)
    updates = tf.Variable(0.0)
    average = tf.train.ExponentialMovingAverage(decay, num_updates=updates)
    seen = {}
    for step in range(1, 101):
        now = theta.detach()
        push = torch.tensor([0.3 * math.sin(step + i) for i in range(5)])
        theta.grad = torch.tensor(SLOPE) * (now - torch.tensor(TARGET)) + push
        if clip > 0:
            torch.nn.utils.clip_grad_norm_([theta], clip)
        optimizer.step()
        shadow.assign(theta.detach().numpy())
        updates.assign(step)
        average.apply([shadow])
        if step in SEEN:
            values = average.average(shadow).numpy() if decay > 0 else theta.detach().numpy()
            seen[step] = [round(float(value), 6) for value in values]
    return seen


def rates(make):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)
    schedule = make(optimizer)
    seen = []
    for _ in range(STEPS):
        seen.append(optimizer.param_groups[0]["lr"])
        schedule.step()
    return seen


def plateau(accuracies):
    """The rate after each epoch's accuracy."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, mode="max", factor=0.1, patience=1, threshold=0
    )
    seen = []
    for accuracy in accuracies:
        schedule.step(accuracy)
        seen.append(optimizer.param_groups[0]["lr"])
    return seen


lr = torch.optim.lr_scheduler
ACCURACIES = [0.1, 0.1, 0.3, 0.2, 0.3, 0.1, 0.2, 0.4, 0.3, 0.3]
print(
    json.dumps(
        {
            "shaping": {
                "l2": play(lambda p: torch.optim.SGD(p, lr=0.01, weight_decay=0.1)),
                "clipNorm": play(lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9), clip=1.0),
                "adamw": play(lambda p: torch.optim.AdamW(p, lr=0.01, eps=1e-7)),
                "emaDecay": play(lambda p: torch.optim.SGD(p, lr=0.01), decay=0.95),
            },
            "schedules": {
                "step": rates(lambda o: lr.StepLR(o, 3 * STEPS_PER_EPOCH, 0.5)),
                "exponential": rates(lambda o: lr.ExponentialLR(o, 0.5 ** (1 / (3 * STEPS_PER_EPOCH)))),
                "cosine": rates(lambda o: lr.CosineAnnealingLR(o, STEPS - 1)),
                "one-cycle": rates(lambda o: lr.OneCycleLR(o, RATE, total_steps=STEPS)),
                "warm-up": rates(lambda o: lr.LinearLR(o, 1 / 9, 1, 2 * STEPS_PER_EPOCH)),
            },
            "plateau": {"accuracies": ACCURACIES, "rates": plateau(ACCURACIES)},
        },
        indent=1,
    )
)
