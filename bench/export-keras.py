"""Answers of an exported network in Keras: python export-keras.py FILE.keras PIXELS

PIXELS holds one byte a value, example by example. Prints {"version", "backend", "answers": [[...], ...]}.
tests/training/export.test.ts compares them with elbow's own when ELBOW_KERAS_PYTHON names a Python with Keras:

  python3 -m venv keras && keras/bin/pip install tensorflow-cpu==2.21.0 keras==3.15.1
  ELBOW_KERAS_PYTHON=keras/bin/python npx vitest run tests/training/export.test.ts
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np

model = keras.saving.load_model(sys.argv[1])
pixels = np.fromfile(sys.argv[2], dtype=np.uint8).astype(np.float32)
answers = model.predict(pixels.reshape((-1,) + model.input_shape[1:]), verbose=0)
print(
    json.dumps(
        {
            "version": keras.__version__,
            "backend": keras.backend.backend(),
            "answers": answers.tolist(),
        }
    )
)
