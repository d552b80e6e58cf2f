"""No-op trials of Optuna with Postgres: prints milliseconds per trial.

usage: overhead-optuna.py DATABASE_URL SAMPLER TRIALS THREADS
"""

import sys
import time
import uuid

import optuna

url, sampler, trials, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
optuna.logging.set_verbosity(optuna.logging.ERROR)
samplers = {
    "random": lambda: optuna.samplers.RandomSampler(seed=42),
    "tpe": lambda: optuna.samplers.TPESampler(seed=42),
}
storage = optuna.storages.RDBStorage(url.replace("postgresql://", "postgresql+psycopg2://"))
study = optuna.create_study(
    study_name=str(uuid.uuid4()), storage=storage, sampler=samplers[sampler](), direction="maximize"
)
began = time.perf_counter()
study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=trials, n_jobs=threads)
print(1000 * (time.perf_counter() - began) / trials)
