"""What a set of probabilities is worth: the figures that metrics.json, card and README quote."""

from typing import Any

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support, roc_auc_score

from emotion.types import LABELS

CLASSES = range(len(LABELS))
# Bins of the reliability diagram and of the calibration error: Guo et al. 2017 use as many.
BINS = 15
AVERAGED = ("precision", "recall", "f1")


def summarize(truth: np.ndarray, probabilities: np.ndarray, twin: np.ndarray) -> dict[str, Any]:
    """All figures of a split: truth int (N,), probabilities (N, 7), twin bool (N,).

    twin marks images that stand in the training file as well; accuracy is given without them too,
    None where all have one.
    """
    guesses = probabilities.argmax(1)
    right, classes = guesses == truth, _per_class(truth, guesses)
    counted, alone = binomtest(int(right.sum()), len(right)), right[~twin]
    shown = [row for row in classes.values() if row["count"]]  # data may have fewer than seven
    return {
        "count": len(truth),
        "accuracy": float(right.mean()),
        "interval": list(counted.proportion_ci(0.95, method="wilson")),
        "without_twins": {
            "count": len(alone),
            "accuracy": float(alone.mean()) if len(alone) else None,
        },
        "macro": {name: float(np.mean([row[name] for row in shown])) for name in AVERAGED},
        "auc": areas(truth, probabilities),
        "calibration_error": calibration_error(truth, probabilities),
        "classes": classes,
        "confusion": confusion_matrix(truth, guesses, labels=CLASSES).tolist(),
    }


def areas(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """Area under each class's one-vs-rest ROC curve; None for a class that does not occur."""
    classes: dict[str, float | None] = {}
    for index, label in enumerate(LABELS):
        positive = truth == index
        occurs = 0 < positive.sum() < len(truth)
        area = roc_auc_score(positive, probabilities[:, index]) if occurs else None
        classes[label] = None if area is None else float(area)
    known = [area for area in classes.values() if area is not None]
    return {"mean": float(np.mean(known)) if known else None, "classes": classes}


def reliability(truth: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """(B, 3) rows of the filled bins: share of the images, mean confidence, accuracy."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == truth
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    filled = [bins == index for index in np.unique(bins)]
    return np.array([(rows.mean(), confidence[rows].mean(), right[rows].mean()) for rows in filled])


def calibration_error(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Expected calibration error: the mean gap between confidence and accuracy."""
    share, confidence, accuracy = reliability(truth, probabilities).T
    return float((share * np.abs(confidence - accuracy)).sum())


def balanced(truth: np.ndarray, guesses: np.ndarray, scored: list[int]) -> float:
    """Mean recall of the classes in `scored`; a guess of -1 (no face found) is a miss."""
    return float(np.mean([(guesses[truth == label] == label).mean() for label in scored]))


def balanced_interval(truth: np.ndarray, guesses: np.ndarray, scored: list[int]) -> list[float]:
    """95 % interval of `balanced`, by drawing each class 1,000 times with replacement."""
    random = np.random.default_rng(0)
    recalls = []
    for label in scored:
        hits = (guesses[truth == label] == label).astype(float)
        draws = random.integers(0, len(hits), (1000, len(hits)))
        recalls.append(hits[draws].mean(1))
    low, high = np.quantile(np.mean(recalls, axis=0), [0.025, 0.975])
    return [float(low), float(high)]


def _per_class(truth: np.ndarray, guesses: np.ndarray) -> dict[str, dict[str, float]]:
    columns = precision_recall_fscore_support(truth, guesses, labels=CLASSES, zero_division=0)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    names = (*AVERAGED, "count")
    return {
        label: dict(zip(names, row, strict=True)) for label, row in zip(LABELS, rows, strict=True)
    }
