"""Tests of paired differences by outside packages: comparisons.py > comparisons.json.

Written with SciPy 1.17.0 and statsmodels 0.15.0.
"""

import json

import numpy
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

MARGIN = 0.02
random = numpy.random.default_rng(7)

cases = []
for count, effect in [(2, 0.01), (3, 0.03), (5, 0.0), (8, 0.004), (12, 0.01), (12, 0.0)]:
    a = numpy.round(0.6 + 0.02 * random.standard_normal(count), 6)
    b = numpy.round(a - effect + 0.012 * random.standard_normal(count), 6)
    test = stats.ttest_rel(a, b)
    interval = test.confidence_interval(0.95)
    tost, _, _ = ttost_paired(a, b, -MARGIN, MARGIN)
    flips = stats.permutation_test(
        (a - b,), numpy.sum, permutation_type="samples", n_resamples=numpy.inf, alternative="two-sided"
    )
    cases.append(
        {
            "a": a.tolist(),
            "b": b.tolist(),
            "p": test.pvalue,
            "lo": interval.low,
            "hi": interval.high,
            "tost": tost,
            "signFlip": flips.pvalue,
        }
    )

ps = [case["p"] for case in cases]
holm = multipletests(ps, method="holm")[1]
print(json.dumps({"margin": MARGIN, "cases": cases, "ps": ps, "holm": holm.tolist()}, indent=2))
