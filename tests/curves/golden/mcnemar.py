"""Two models on the same images by outside packages: mcnemar.py > mcnemar.json.

The interval is Agresti and Min's: the plain one of the differences image by image, with four images more that count half, one of
each kind. Written with NumPy 2.4.6 and statsmodels 0.15.0.
"""

import json

import numpy
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

cases = []
for both, first, second, neither in [
    (30, 9, 2, 9),
    (5, 1, 0, 2),
    (10, 0, 0, 3),
    (10, 6, 6, 3),
    (7, 0, 7, 1),
    (4000, 1200, 1100, 3700),
    (3000, 3400, 3000, 600),
]:
    result = mcnemar([[both, first], [second, neither]], exact=True)
    differences = numpy.repeat([0, 1, -1, 0, 1, -1, 0, 0], [both, first, second, neither, 1, 1, 1, 1])
    weights = numpy.ones(len(differences))
    weights[-4:] = 0.5
    mean = numpy.average(differences, weights=weights)
    variance = numpy.average((differences - mean) ** 2, weights=weights)
    half = stats.norm.ppf(0.975) * numpy.sqrt(variance / weights.sum())
    cases.append(
        {
            "both": both,
            "onlyFirst": first,
            "onlySecond": second,
            "neither": neither,
            "p": result.pvalue,
            "lo": mean - half,
            "hi": mean + half,
        }
    )
print(json.dumps(cases, indent=2))
