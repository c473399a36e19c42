"""SVM with RBF kernel (C and gamma by 3-fold cross-validation on the training part) and random forest of scikit-learn.

usage: accuracy_peer.py FOLDER BANDS     prints one JSON document
"""

import json
import sys
from pathlib import Path

import numpy as np

try:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import accuracy_score, cohen_kappa_score, recall_score
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC
except ImportError:
    print("{}")
    sys.exit()

folder, bands = Path(sys.argv[1]), int(sys.argv[2])
x = np.fromfile(folder / "features", "<f4").reshape(-1, bands)
y, train, test = (np.fromfile(folder / name, "<i4") for name in ("labels", "train", "test"))


def figures(model):
    truth, found = y[test], model.predict(x[test])
    present = np.unique(truth)
    return {
        "oa": 100 * accuracy_score(truth, found),
        "aa": 100 * recall_score(truth, found, labels=present, average="macro", zero_division=0),
        "kappa": cohen_kappa_score(truth, found),
    }


grid = {"svc__C": [1, 10, 100, 1000], "svc__gamma": [1e-4, 1e-3, 1e-2, 1e-1]}
folds = StratifiedKFold(3, shuffle=True, random_state=0)
search = GridSearchCV(make_pipeline(StandardScaler(), SVC()), grid, cv=folds, n_jobs=1)
svm = [figures(search.fit(x[train], y[train]))]
forest = [
    figures(RandomForestClassifier(500, random_state=seed, n_jobs=2).fit(x[train], y[train]))
    for seed in range(3)
]
print(json.dumps({"SVM-RBF, scikit-learn": svm, "random forest, scikit-learn": forest}))
