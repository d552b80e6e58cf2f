"""Effects of settings by an outside package: effects.py > effects.json.

Each replicate is a regression on settings coded so that the effects of each sum to 0, which has as many coefficients as scores;
effects are tested by their coefficients over replicates. Written with SciPy 1.17.1 and statsmodels 0.15.0.
"""

import itertools
import json

import numpy
import pandas
import statsmodels.formula.api as formulas
from scipy import stats
from statsmodels.stats.multitest import multipletests

LEVELS = {"a": ["a1", "a2"], "b": ["b1", "b2", "b3"], "c": ["c1", "c2"]}
REPLICATES = 4
random = numpy.random.default_rng(11)

rows = [
    {
        "replicate": replicate,
        "a": a,
        "b": b,
        "c": c,
        "score": round(
            0.5
            + 0.03 * (a == "a1")
            + 0.02 * (b == "b3")
            + 0.02 * (a == "a1" and b == "b2")
            + 0.01 * random.standard_normal(),
            6,
        ),
    }
    for replicate in range(REPLICATES)
    for a, b, c in itertools.product(*LEVELS.values())
]
table = pandas.DataFrame(rows)


def coefficients(replicate):
    own = table[table.replicate == replicate]
    return formulas.ols("score ~ C(a, Sum) * C(b, Sum) * C(c, Sum)", own).fit().params


fits = [coefficients(replicate) for replicate in range(REPLICATES)]


def term(levels):
    """One effect of each replicate; that of a last level is minus the sum of the others."""
    total = numpy.zeros(REPLICATES)
    places = [
        [(level, 1.0)] if level != LEVELS[name][-1] else [(other, -1.0) for other in LEVELS[name][:-1]]
        for name, level in levels.items()
    ]
    for combination in itertools.product(*places):
        sign = numpy.prod([one for _, one in combination])
        key = ":".join(f"C({name}, Sum)[S.{level}]" for name, (level, _) in zip(levels, combination))
        total += sign * numpy.array([fit[key] for fit in fits])
    return total


def tested(levels):
    values = term(levels)
    test = stats.ttest_1samp(values, 0)
    interval = test.confidence_interval(0.95)
    return {
        "levels": levels,
        "value": values.mean(),
        "lo": interval.low,
        "hi": interval.high,
        "p": test.pvalue,
    }


main = [tested({name: level}) for name, levels in LEVELS.items() for level in levels]
pairs = [
    tested({one: first, other: second})
    for one, other in itertools.combinations(LEVELS, 2)
    for first in LEVELS[one]
    for second in LEVELS[other]
]


def adjust(effects):
    """Of settings with two levels the first alone is a test."""
    told = [
        one
        for one in effects
        if all(len(LEVELS[name]) > 2 or level == LEVELS[name][0] for name, level in one["levels"].items())
    ]
    for one, p in zip(told, multipletests([one["p"] for one in told], method="holm")[1]):
        one["adjusted"] = p
    return len(told)


families = {"main": adjust(main), "interactions": adjust(pairs)}
print(json.dumps({"levels": LEVELS, "rows": rows, "main": main, "pairs": pairs, "families": families}, indent=2))
