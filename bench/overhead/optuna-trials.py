"""Trials of Optuna with Postgres that do nothing, or wait: prints seconds for all of them.

usage: optuna-trials.py DATABASE_URL SAMPLER TRIALS THREADS SECONDS_OF_A_TRIAL
"""

import sys
import time
import uuid

import optuna

url, sampler, trials, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
seconds = float(sys.argv[5])
optuna.logging.set_verbosity(optuna.logging.ERROR)
samplers = {
    "random": lambda: optuna.samplers.RandomSampler(seed=42),
    "tpe": lambda: optuna.samplers.TPESampler(seed=42),
}
storage = optuna.storages.RDBStorage(url.replace("postgresql://", "postgresql+psycopg2://"))
study = optuna.create_study(
    study_name=str(uuid.uuid4()), storage=storage, sampler=samplers[sampler](), direction="maximize"
)


def objective(trial):
    if seconds > 0:
        time.sleep(seconds)
    return trial.suggest_float("x", 0, 1)


began = time.perf_counter()
study.optimize(objective, n_trials=trials, n_jobs=threads)
print(time.perf_counter() - began)
