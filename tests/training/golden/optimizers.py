"""Values of Keras' optimizers over 100 steps: optimizers.py > optimizers.json.

Five parameters slide down f(θ) = Σ cᵢ (θᵢ − tᵢ)² / 2 under a push of 0.3 sin(t + i), so that no gradient repeats. The
file has the parameters after steps 1, 2, 3, 10 and 100. Written with Keras 3.15.1 on TensorFlow 2.21.0.
"""

import json
import math

import keras
import numpy as np

START = [1.0, -2.0, 0.5, 3.0, -0.25]
SLOPE = [1.0, 0.1, 10.0, 0.5, 2.0]
TARGET = [0.0, 1.0, -1.0, 0.5, 0.25]
SEEN = [1, 2, 3, 10, 100]

OPTIMIZERS = {
    "sgd": (keras.optimizers.SGD, 0.01, {}),
    "momentum": (keras.optimizers.SGD, 0.01, {"momentum": 0.9}),
    "nesterov": (keras.optimizers.SGD, 0.01, {"momentum": 0.8, "nesterov": True}),
    "adagrad": (keras.optimizers.Adagrad, 0.1, {}),
    "adadelta": (keras.optimizers.Adadelta, 1.0, {}),
    "rmsprop": (keras.optimizers.RMSprop, 0.01, {}),
    "adam": (keras.optimizers.Adam, 0.01, {}),
    "adamw": (keras.optimizers.AdamW, 0.01, {"weight_decay": 0.05}),
    "adamax": (keras.optimizers.Adamax, 0.01, {}),
    "nadam": (keras.optimizers.Nadam, 0.01, {}),
}


def play(make, rate, settings):
    optimizer = make(learning_rate=rate, **settings)
    theta = keras.Variable(np.array(START, np.float32))
    seen = {}
    for step in range(1, 101):
        now = theta.numpy().astype(float)
        push = [0.3 * math.sin(step + i) for i in range(5)]
        gradient = [SLOPE[i] * (now[i] - TARGET[i]) + push[i] for i in range(5)]
        optimizer.apply([keras.ops.convert_to_tensor(np.array(gradient, np.float32))], [theta])
        if step in SEEN:
            seen[step] = [round(float(value), 6) for value in theta.numpy()]
    return seen


print(
    json.dumps(
        {
            "start": START,
            "slope": SLOPE,
            "target": TARGET,
            "optimizers": {
                name: {
                    "learningRate": rate,
                    "momentum": settings.get("momentum", 0),
                    "weightDecay": settings.get("weight_decay", 0),
                    "steps": play(make, rate, settings),
                }
                for name, (make, rate, settings) in OPTIMIZERS.items()
            },
        },
        indent=1,
    )
)
