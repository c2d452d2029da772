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
from matplotlib.figure import Figure


def draw(truth: np.ndarray, probabilities: np.ndarray, out: Path, title: str) -> list[Path]:
    """Confusion matrix, ROC curves and reliability diagram of truth (N,), probabilities (N, 7)."""
    figures = (_confusion, _roc, _reliability)
    return [
        _save(figure(truth, probabilities, title), out / name)
        for figure, name in zip(figures, PLOTS, strict=True)
    ]


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=110, bbox_inches="tight")
    plt.close(figure)
    return path


def _confusion(truth: np.ndarray, probabilities: np.ndarray, title: str) -> Figure:
    figure, axes = plt.subplots(figsize=(6, 5.4))
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
    axes.set(title=f"{title}: share of each true class", xlabel="recognised", ylabel="true")
    return figure


def _roc(truth: np.ndarray, probabilities: np.ndarray, title: str) -> Figure:
    figure, axes = plt.subplots(figsize=(6, 5.4))
    for index, (label, area) in enumerate(areas(truth, probabilities)["classes"].items()):
        if area is not None:
            RocCurveDisplay.from_predictions(
                truth == index, probabilities[:, index], name=label, ax=axes
            )
    axes.plot([0, 1], [0, 1], ":", color="grey")
    axes.set(title=f"{title}: each class against the rest", xlabel="false positives")
    axes.set(ylabel="true positives")
    return figure


def _reliability(truth: np.ndarray, probabilities: np.ndarray, title: str) -> Figure:
    share, confidence, accuracy = reliability(truth, probabilities).T
    figure, axes = plt.subplots(figsize=(6, 5.4))
    axes.plot([0, 1], [0, 1], ":", color="grey", label="perfectly calibrated")
    axes.plot(confidence, accuracy, "o-", label="this model")
    axes.bar(confidence, share, width=0.04, alpha=0.3, label="share of the images")
    axes.set(title=f"{title}: is it right as often as it says?", xlim=(0, 1), ylim=(0, 1))
    axes.set(xlabel="confidence", ylabel="accuracy")
    axes.legend(loc="upper left")
    return figure
