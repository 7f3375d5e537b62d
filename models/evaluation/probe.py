"""How much an ear's features know of sounds: a linear SVM on the frozen ear, one fold of ESC left out after the other.

The protocol is that of ESC (Piczak 2015) and SoundNet (Aytar, Vondrick and Torralba 2016, section 5): a linear support
vector machine, one class against the rest, on features of whole clips.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from engine.errors import UserError
from models.datasets.esc import EscClip

from .examples import Outputs, perceive

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)
"""Values of C to choose from."""


def evaluate(clips: Sequence[EscClip], represent: Callable[[Path], Outputs]) -> dict[str, Any]:
    """The figures of `probe` for clips, and which of them were left out.

    represent: gives (features [F],) of a file, or raises UserError.
    """
    heard, (features,), skipped = perceive(clips, represent, "clip")
    figures = probe(features, [clip.category for clip in heard], [clip.fold for clip in heard])
    return figures | {"skipped": [{"file": file, "why": why} for file, why in skipped.items()]}


def probe(features: NDArray[np.float64], categories: Sequence[str], folds: Sequence[int]) -> dict[str, Any]:
    """Accuracy on each fold of a machine trained on the others, as nested dicts that JSON can hold.

    features: float64 [N,F], standardised by the training folds. accuracy: mean of the folds'; sd: their standard
    deviation (of a sample). confusion: a row for each true class, with how many clips were taken for which. The SVM's
    C is the one of PENALTIES that is best when the training folds are left out in turn: the tested fold has no say.
    Raises UserError if there are less than three folds, or but one class.
    """
    truth, group = np.array(categories), np.array(folds)
    classes = np.unique(truth)
    numbers = np.unique(group)
    if len(numbers) < 3 or len(classes) < 2:
        raise UserError("expected clips of 2 classes or more in 3 folds or more (one to test, two to choose the SVM's "
                        f"C by), got {len(classes)} and {len(numbers)}")
    answers = np.empty_like(truth)
    report = []
    for fold in numbers:
        training, tested = group != fold, group == fold
        scaled = StandardScaler().fit(features[training]).transform(features)
        kernel = scaled @ scaled.T  # once for all classes and all C
        machine = OneVsRestClassifier(SVC(kernel="precomputed"))
        search = GridSearchCV(machine, {"estimator__C": PENALTIES}, cv=LeaveOneGroupOut())
        search.fit(kernel[np.ix_(training, training)], truth[training], groups=group[training])
        answers[tested] = search.predict(kernel[np.ix_(tested, training)])
        report.append({
            "fold": int(fold),
            "clips": int(tested.sum()),
            "accuracy": round(float((answers[tested] == truth[tested]).mean()), 4),
            "c": search.best_params_["estimator__C"],
        })
    accuracies = [entry["accuracy"] for entry in report]
    return {
        "accuracy": round(float(np.mean(accuracies)), 4),
        "sd": round(float(np.std(accuracies, ddof=1)), 4),
        "folds": report,
        "classes": classes.tolist(),
        "confusion": confusion_matrix(truth, answers, labels=classes).tolist(),
        "clips": len(truth),
    }
