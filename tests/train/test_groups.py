"""The same figures for each group of people."""

import numpy as np
import pytest

from emotion.types import LABELS
from train import groups

HAPPY, SAD = LABELS.index("happy"), LABELS.index("sad")


def test_only_what_all_large_groups_show_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "ENOUGH", 2)
    truth = np.array([HAPPY, HAPPY, SAD, SAD, HAPPY, HAPPY, SAD])
    guesses = np.array([HAPPY, HAPPY, SAD, HAPPY, HAPPY, -1, SAD])
    parts = groups.break_down(truth, guesses, np.array(["a"] * 4 + ["b"] * 2 + ["c"]))
    assert (parts["scored"], parts["small"]) == (["happy"], {"c": 1})
    first, second = parts["groups"]["a"], parts["groups"]["b"]
    assert (first["count"], first["found"], first["balanced_accuracy"]) == (4, 4, 1.0)
    assert (second["count"], second["found"], second["balanced_accuracy"]) == (2, 1, 0.5)
    assert second["interval"][0] < 0.5 < second["interval"][1]
