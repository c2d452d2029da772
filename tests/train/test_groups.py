"""The same figures for each group of people."""

import numpy as np
import pandas as pd
import pytest

from emotion.types import LABELS
from train import groups
from train.errors import DataError

HAPPY, SAD = LABELS.index("happy"), LABELS.index("sad")


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "ENOUGH", 2)


def column(*values: object) -> pd.Series:
    return pd.Series(values, name="age", dtype=object)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((" a", "a "), ["a", "a"]),
        ((30, 30), ["30", "30"]),
        (("a", "a", "", None, np.nan), ["a", "a", "not stated", "not stated", "not stated"]),
    ],
)
def test_names(values: tuple[object, ...], expected: list[str]) -> None:
    truth = np.full(len(values), HAPPY)
    assert groups.names(truth, column(*values)).tolist() == expected


def test_more_groups_than_can_be_compared_are_refused() -> None:
    with pytest.raises(DataError, match="no group of age shows an expression 2 times"):
        groups.names(np.array([], int), column())
    ages = [age for age in range(groups.MOST + 1) for _ in range(2)]
    with pytest.raises(DataError, match="age has 21 different values: join them to 20 at most"):
        groups.names(np.full(len(ages), HAPPY), column(*ages))


def test_each_group_has_figures_of_its_own() -> None:
    truth = np.array([HAPPY, HAPPY, SAD, SAD, HAPPY, HAPPY, SAD, SAD])
    guesses = np.array([HAPPY, HAPPY, SAD, HAPPY, HAPPY, -1, -1, HAPPY])
    group = np.array(["a"] * 4 + ["b"] * 4)
    parts = groups.break_down(truth, guesses, group)
    assert parts["scored"] == ["happy", "sad"]
    first, second = parts["groups"]["a"], parts["groups"]["b"]
    assert (first["count"], first["found"], first["balanced_accuracy"]) == (4, 4, 0.75)
    assert (second["count"], second["found"], second["balanced_accuracy"]) == (4, 2, 0.25)
    assert first["interval"][0] < 0.75 < first["interval"][1]


def test_only_what_all_large_groups_show_is_compared() -> None:
    truth = np.array([HAPPY, HAPPY, SAD, SAD, HAPPY, HAPPY, SAD])
    parts = groups.break_down(truth, truth, np.array(["a"] * 4 + ["b"] * 2 + ["c"]))
    assert (list(parts["groups"]), parts["small"]) == (["a", "b"], {"c": 1})
    assert parts["scored"] == ["happy"]
    printed = groups.report("age", parts)
    assert "by age, over happy:" in printed
    assert "too few: 1" in printed
