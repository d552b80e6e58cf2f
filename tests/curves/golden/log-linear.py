"""Straight lines in log n by outside packages: log-linear.py > log-linear.json.

Written with SciPy 1.17.1 and statsmodels 0.15.0.
"""

import json

import numpy
import statsmodels.api as sm
from scipy import stats

random = numpy.random.default_rng(11)


def generalised(sizes, replicates, bend, shared, nested, freedom):
    """Means of replicates that share an effect and nested subsets, their covariance known up to `freedom`."""
    n = numpy.array(sizes, float)
    k = len(n)
    deviations = numpy.round(0.02 * (n / n[0]) ** -0.1, 6)
    correlation = shared + nested * numpy.sqrt(numpy.minimum.outer(n, n) / numpy.maximum.outer(n, n))
    numpy.fill_diagonal(correlation, 1)
    covariance = numpy.outer(deviations, deviations) * correlation / replicates
    truth = 0.1 + 0.06 * numpy.log(n) - bend * numpy.log(n / n[0]) ** 2
    means = numpy.round(random.multivariate_normal(truth, covariance), 6)
    line = sm.GLS(means, sm.add_constant(numpy.log(n)), sigma=covariance).fit()
    constant = sm.GLS(means, numpy.ones(k), sigma=covariance).fit()
    return {
        "sizes": sizes,
        "means": means.tolist(),
        "replicates": replicates,
        "deviations": deviations.tolist(),
        "shared": shared,
        "nested": nested,
        "freedom": freedom,
        "a": line.params[0],
        "b": line.params[1],
        # statsmodels' own rsquared does not weigh the constant it compares with.
        "r2": 1 - line.ssr / constant.ssr,
        "p": stats.f.sf(line.ssr / (k - 2), k - 2, freedom),
    }


def single(sizes, bend):
    """Single scores: what a cubic explains beyond the line, by the F test of nested models."""
    t = numpy.log(numpy.array(sizes, float))
    scores = numpy.round(0.1 + 0.06 * t - bend * (t - t[0]) ** 2 + 0.01 * random.standard_normal(len(t)), 6)
    line = sm.OLS(scores, sm.add_constant(t)).fit()
    cubic = sm.OLS(scores, numpy.vander(t, 4, increasing=True)).fit()
    _, p, _ = cubic.compare_f_test(line)
    return {
        "sizes": sizes,
        "scores": scores.tolist(),
        "a": line.params[0],
        "b": line.params[1],
        "r2": line.rsquared,
        "p": p,
    }


DOUBLINGS = [10, 20, 50, 100, 200, 500, 1000]
print(
    json.dumps(
        {
            "generalised": [
                generalised([10, 100, 1000], 3, 0, 0, 0, 6),
                generalised(DOUBLINGS, 3, 0, 0.3, 0.15, 5.5),
                generalised(DOUBLINGS, 5, 0.004, 0.15, 0.3, 9.25),
                generalised(DOUBLINGS, 10, 0.004, 0, 0, 1e6),
            ],
            "single": [single(DOUBLINGS, 0), single(DOUBLINGS + [2000, 5000], 0.004)],
        },
        indent=2,
    )
)
