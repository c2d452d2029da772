"""Boxes between two analysed frames."""

import pytest

from emotion import LABELS, Face, FacePrediction
from emotion.types import Box
from emotion.video.annotating import between
from emotion.video.tracking import TrackedFace


def face(number: int, left: float) -> TrackedFace:
    prediction = FacePrediction(Face((left, 0, left + 10, 10), 0.9), dict.fromkeys(LABELS, 1 / 7))
    return TrackedFace(number, prediction)


@pytest.mark.parametrize(
    ("before", "after", "share", "expected"),
    [
        ([], [], 0.5, []),
        ([face(1, 0)], [], 0.5, [(0, 0, 10, 10)]),
        ([face(1, 0)], [face(1, 20)], 0.25, [(5, 0, 15, 10)]),
        ([face(1, 0)], [face(2, 20)], 0.5, [(0, 0, 10, 10)]),
        (
            [face(1, 0), face(2, 50)],
            [face(2, 60), face(1, 8)],
            0.5,
            [(4, 0, 14, 10), (55, 0, 65, 10)],
        ),
    ],
)
def test_boxes_glide_with_those_who_are_in_both(
    before: list[TrackedFace], after: list[TrackedFace], share: float, expected: list[Box]
) -> None:
    found = between(before, after, share)
    assert [one.id for one in found] == [one.id for one in before]
    assert [one.prediction.face.box for one in found] == expected
