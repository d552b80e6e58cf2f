"""Trials of Ray Tune that do nothing, or wait: prints seconds for all of them.

usage: ray-trials.py TRIALS SLOTS SECONDS_OF_A_TRIAL
"""

import os
import sys
import tempfile
import time

os.environ["RAY_AIR_NEW_OUTPUT"] = "0"
os.environ["RAY_DEDUP_LOGS"] = "0"
import ray
from ray import tune

trials, slots, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])


def trainable(config):
    time.sleep(seconds)
    tune.report({"score": config["x"]})


ray.init(num_cpus=slots, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
with tempfile.TemporaryDirectory() as folder:
    tuner = tune.Tuner(
        tune.with_resources(trainable, {"cpu": 1}),
        param_space={"x": tune.uniform(0, 1)},
        tune_config=tune.TuneConfig(num_samples=trials, metric="score", mode="max"),
        run_config=tune.RunConfig(storage_path=folder, verbose=0),
    )
    began = time.perf_counter()
    results = tuner.fit()
    took = time.perf_counter() - began
assert len(results) == trials and results.num_errors == 0
print(took)
