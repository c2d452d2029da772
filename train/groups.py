"""The same figures for each group of people: whom the model serves worse."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from emotion.types import LABELS
from train import metrics
from train.errors import DataError

# Fewer photographs of a class than this say nothing about its recall.
ENOUGH = 20
# More groups than this are no groups: a year of birth, a name.
MOST = 20
UNSTATED = "not stated"


def names(truth: np.ndarray, column: pd.Series) -> np.ndarray:
    """The group of each photograph, str (N,); truth int (N,) are their expressions.

    Raises DataError where there are too many groups, or none is large enough.
    """
    stated = column.astype(str).str.strip().replace("", UNSTATED)
    if (count := stated.nunique()) > MOST:
        raise DataError(f"{column.name} has {count} different values: join them to {MOST} at most")
    if not any(enough(truth[stated == name]) for name in stated.unique()):
        raise DataError(f"no group of {column.name} shows an expression {ENOUGH} times")
    return np.asarray(stated)


def break_down(truth: np.ndarray, guesses: np.ndarray, group: np.ndarray) -> dict[str, Any]:
    """Figures of each group: truth and guesses int (N,), -1 for no face; group as of `names`.

    Balanced accuracy is over the classes that every group shows ENOUGH times, else it would
    compare what people show, not how well it is read; None where there is no such class. Groups
    that show no class ENOUGH times are counted under `small`.
    """
    members = {name: group == name for name in sorted(set(group))}
    shown = {name: enough(truth[rows]) for name, rows in members.items()}
    large = {name: members[name] for name, labels in shown.items() if labels}
    scored = [n for n in metrics.CLASSES if all(n in shown[name] for name in large)]
    return {
        "scored": [LABELS[label] for label in scored],
        "groups": {
            name: figures(truth[rows], guesses[rows], scored) for name, rows in large.items()
        },
        "small": {name: int(rows.sum()) for name, rows in members.items() if name not in large},
    }


def figures(truth: np.ndarray, guesses: np.ndarray, scored: list[int]) -> dict[str, Any]:
    """Main figures over the classes in `scored`; truth and guesses as of `break_down`."""
    counts = {"count": len(truth), "found": int((guesses >= 0).sum())}
    if not scored:
        return counts | {"macro_f1": None, "balanced_accuracy": None, "interval": None}
    shown = np.isin(truth, scored)
    f1 = f1_score(truth[shown], guesses[shown], labels=scored, average="macro", zero_division=0)
    return counts | {
        "macro_f1": float(f1),
        "balanced_accuracy": metrics.balanced(truth, guesses, scored),
        "interval": metrics.balanced_interval(truth, guesses, scored),
    }


def enough(truth: np.ndarray) -> list[int]:
    """The classes that occur often enough to be scored."""
    counts = np.bincount(truth, minlength=len(LABELS))
    return [label for label in metrics.CLASSES if counts[label] >= ENOUGH]
