"""Learning curves of LCDB 1.0, a sample: python lcdb.py FOLDER > lcdb.csv.

FOLDER holds database-accuracy.csv of the Python package lcdb 0.1.0 (MIT licence, 2021 Felix Mohr), unpacked.
Mohr, Viering, Loog and van Rijn, LCDB 1.0: An Extensive Learning Curves Database for Classification Tasks, ECML 2022.

Forty pairs of a data set and a learner, drawn by chance from all that have five inner seeds at outer seed 0 and doublings from
16 to 1,024 training rows at least; nothing is left out for its shape. Within an outer seed the test rows are the same.
Written with pandas 3.1.1.
"""

import sys

import pandas

SAMPLE = 40
DOUBLINGS = [16 * 2**i for i in range(12)]

scores = pandas.read_csv(f"{sys.argv[1]}/database-accuracy.csv")
scores = scores[(scores.outer_seed == 0) & scores.size_train.isin(DOUBLINGS) & scores.score_test.notna()]
scores = scores.drop_duplicates(["openmlid", "learner", "size_train", "inner_seed"])
counts = scores.groupby(["openmlid", "learner", "size_train"]).size().unstack(fill_value=0)
is_whole = (counts[[size for size in DOUBLINGS if size <= 1024]] == 5).all(axis=1)
pairs = counts.index[is_whole].to_frame(index=False).sample(SAMPLE, random_state=7).sort_values(["openmlid", "learner"])

print("arm,seed,n,score")
for openmlid, learner in pairs.itertuples(index=False):
    own = scores[(scores.openmlid == openmlid) & (scores.learner == learner)]
    for row in own.sort_values(["size_train", "inner_seed"]).itertuples():
        print(f"{openmlid}/{learner},{row.inner_seed},{row.size_train},{row.score_test:g}")
