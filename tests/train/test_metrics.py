"""Figures against what they are by hand."""

import numpy as np
import pytest

from emotion.types import LABELS
from train import metrics


def one_hot(guesses: list[int]) -> np.ndarray:
    return np.eye(len(LABELS))[guesses]


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    sure = np.full((4, 7), 0.2 / 6)
    sure[:, 3] = 0.8
    assert metrics.calibration_error(np.array([3, 3, 3, 0]), sure) == pytest.approx(0.05)
    assert metrics.calibration_error(np.array([3, 4]), one_hot([3, 4])) == pytest.approx(0)


def test_summary_of_perfect_guesses() -> None:
    truth = np.arange(7).repeat(3)
    twin = np.zeros(21, bool)
    twin[:5] = True
    summary = metrics.summarize(truth, one_hot(list(truth)), twin)
    assert summary["accuracy"] == summary["macro"]["f1"] == summary["auc"]["mean"] == 1
    assert summary["interval"] == pytest.approx([0.8454, 1.0], abs=1e-4), "Wilson's"
    assert summary["without_twins"] == {"count": 16, "accuracy": 1.0}
    assert summary["confusion"] == (3 * np.eye(7, dtype=int)).tolist()
    assert summary["classes"]["sad"] == {"precision": 1, "recall": 1, "f1": 1, "count": 3}


def test_a_class_that_does_not_occur_has_no_area() -> None:
    areas = metrics.areas(np.array([0, 3]), one_hot([0, 3]))
    assert areas["classes"]["disgust"] is None
    assert areas["mean"] == 1


def test_balanced_accuracy_counts_a_missed_face_as_wrong() -> None:
    truth = np.array([0, 0, 0, 0, 3])
    guesses = np.array([0, 0, -1, -1, 3])
    assert metrics.balanced(truth, guesses, [0, 3]) == 0.75
    low, high = metrics.balanced_interval(truth, guesses, [0, 3])
    assert low < 0.75 < high
