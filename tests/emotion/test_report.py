"""Records and rows."""

import json

import pytest

from emotion import LABELS, Face, FacePrediction
from emotion.report import COLUMNS, record, rows


def prediction(label: str = "happy") -> FacePrediction:
    probabilities = dict.fromkeys(LABELS, 0.0123456) | {label: 0.9259264}
    return FacePrediction(Face((1.23456, 2.0, 30.5, 40.0), 0.987654), probabilities)


def test_record_of_a_face() -> None:
    whole = record("a.jpg", (30, 40, 3), [prediction()], {"decode": 1, "detect": 2, "classify": 3})
    assert json.loads(json.dumps(whole)) == whole
    assert (whole["image"], whole["width"], whole["height"]) == ("a.jpg", 40, 30)
    (face,) = whole["faces"]
    assert face["box"] == [1.23, 2.0, 30.5, 40.0]
    assert (face["score"], face["label"], face["confidence"]) == (0.9877, "happy", 0.9259)
    assert list(face["probabilities"]) == list(LABELS)
    assert face["probabilities"]["sad"] == 0.0123


def test_a_row_a_face() -> None:
    first, second = rows("a.jpg", [prediction("sad"), prediction("fear")])
    named = dict(zip(COLUMNS, first, strict=True))
    assert (named["image"], named["face"], second[1]) == ("a.jpg", 1, 2)
    assert (named["x1"], named["y2"], named["score"]) == (1.23, 40.0, 0.9877)
    assert (named["label"], named["confidence"], named["sad"]) == ("sad", 0.9259, 0.9259)
    assert COLUMNS[-7:] == LABELS


@pytest.mark.parametrize(("name", "cell"), [("a=b", "a=b"), ("=1+1", "'=1+1")])
def test_names_are_no_formulas(name: str, cell: str) -> None:
    assert rows(name, [prediction()])[0][0] == cell
