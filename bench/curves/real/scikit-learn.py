"""Learning curves of small models on the data sets that come with scikit-learn: python scikit-learn.py > scikit-learn.csv.

A third of the rows, by class, is the test set, the same for all. In each of five replicates the others of each class are permuted
once, and a training on n per class takes the first n of each: subsets are nested. Written with scikit-learn 1.9.1.
"""

import numpy
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

REPLICATES = 5
DATA = {
    "digits": (load_digits, [2, 4, 8, 16, 32, 64, 115]),
    "breast-cancer": (load_breast_cancer, [2, 4, 8, 16, 32, 64, 128]),
    "wine": (load_wine, [2, 3, 5, 8, 12, 20, 32]),
}
MODELS = {
    "logistic-regression": lambda seed: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    "random-forest": lambda seed: RandomForestClassifier(100, random_state=seed),
    "svc": lambda seed: make_pipeline(StandardScaler(), SVC()),
    "nearest-neighbour": lambda seed: make_pipeline(StandardScaler(), KNeighborsClassifier(1)),
    "gaussian-naive-bayes": lambda seed: GaussianNB(),
}

print("arm,seed,n,score")
for data, (load, sizes) in DATA.items():
    x, y = load(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=1 / 3, stratify=y, random_state=0)
    for model, make in MODELS.items():
        for replicate in range(REPLICATES):
            random = numpy.random.default_rng(replicate)
            order = {label: random.permutation(numpy.flatnonzero(y_train == label)) for label in numpy.unique(y)}
            assert min(map(len, order.values())) >= sizes[-1]
            for n in sizes:
                rows = numpy.concatenate([order[label][:n] for label in order])
                score = make(replicate).fit(x_train[rows], y_train[rows]).score(x_test, y_test)
                print(f"{data}/{model},{replicate},{n},{score:.4f}")
