"""The three pictures of an evaluation, as PNG."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay, RocCurveDisplay

from emotion.types import LABELS
from train.card import PLOTS
from train.metrics import areas, reliability

mpl.use("Agg")  # no window, wherever this runs

from matplotlib import pyplot as plt
from matplotlib.axes import Axes


def draw(truth: np.ndarray, probabilities: np.ndarray, out: Path, title: str) -> None:
    """Confusion matrix, ROC curves and reliability diagram of truth (N,), probabilities (N, 7)."""
    for name, plot in zip(PLOTS, (_confusion, _roc, _reliability), strict=True):
        figure, axes = plt.subplots(figsize=(6, 5.4))
        says = plot(axes, truth, probabilities)
        axes.set_title(f"{title}: {says}")
        figure.savefig(out / name, dpi=110, bbox_inches="tight")
        plt.close(figure)


def _confusion(axes: Axes, truth: np.ndarray, probabilities: np.ndarray) -> str:
    """Draws, and returns what the title says of it; so do the others."""
    ConfusionMatrixDisplay.from_predictions(
        truth,
        probabilities.argmax(1),
        labels=range(len(LABELS)),
        display_labels=LABELS,
        normalize="true",
        values_format=".0%",
        cmap="Blues",
        colorbar=False,
        xticks_rotation=45,
        ax=axes,
    )
    axes.set(xlabel="recognised", ylabel="true")
    return "share of each true class"


def _roc(axes: Axes, truth: np.ndarray, probabilities: np.ndarray) -> str:
    for index, (label, area) in enumerate(areas(truth, probabilities)["classes"].items()):
        if area is not None:
            RocCurveDisplay.from_predictions(
                truth == index, probabilities[:, index], name=label, ax=axes
            )
    axes.plot([0, 1], [0, 1], ":", color="grey")
    axes.set(xlabel="false positives", ylabel="true positives")
    return "each class against the rest"


def _reliability(axes: Axes, truth: np.ndarray, probabilities: np.ndarray) -> str:
    share, confidence, accuracy = reliability(truth, probabilities).T
    axes.plot([0, 1], [0, 1], ":", color="grey", label="perfectly calibrated")
    axes.plot(confidence, accuracy, "o-", label="this model")
    axes.bar(confidence, share, width=0.04, alpha=0.3, label="share of the images")
    axes.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="upper left")
    return "is it right as often as it says?"
