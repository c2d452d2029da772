"""Many proposals to one face each."""

import numpy as np
import pytest

from emotion.detection.found import Found, one_per_face
from emotion.types import Box, Face


def found(*boxes_scores: tuple[Box, float]) -> Found:
    """Proposals whose landmarks lie on the top left corner."""
    points = [[box[:2], box[2:], *[box[:2]] * 5] for box, _ in boxes_scores]
    return Found(np.array(points, float).reshape(-1, 7, 2), np.array([s for _, s in boxes_scores]))


BOX, NEAR, APART = (0, 0, 10, 10), (1, 0, 11, 10), (8, 0, 18, 10)


@pytest.mark.parametrize(
    ("proposals", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([(BOX, 0.5)], [], id="below the score"),
        pytest.param([(BOX, 0.9), (APART, 0.8)], [BOX, APART], id="two"),
        pytest.param([(BOX, 0.9), (NEAR, 0.9)], [(0.5, 0, 10.5, 10)], id="the mean"),
        pytest.param([(BOX, 0.9), (NEAR, 0.3)], [(0.25, 0, 10.25, 10)], id="weighted by score"),
        pytest.param([(BOX, 0.9), ((6, 0, 16, 10), 0.8)], [BOX, (6, 0, 16, 10)], id="a quarter"),
        pytest.param([(BOX, 0.9), ((5, 0, 15, 10), 0.8)], [BOX], id="a third, and no vote"),
        pytest.param([(BOX, 0.9), ((1, 1, 4, 4), 0.8)], [BOX], id="one inside"),
    ],
)
def test_one_per_face(proposals: list[tuple[Box, float]], expected: list[Box]) -> None:
    best = one_per_face(found(*proposals), 0.6)
    np.testing.assert_allclose(best.boxes, np.array(expected).reshape(-1, 4))


def test_faces_are_plain_numbers_the_largest_first() -> None:
    small, large = ((1, 2, 3, 4), 0.5), ((10, 20, 40, 60), 1.0001)
    proposals = found(small, large).in_source((0.5, 2.0), (100, 0))
    faces = proposals.to_faces()
    assert faces == [
        Face((120, 10, 180, 30), 1.0, ((120, 10),) * 5),
        Face((102, 1, 106, 2), 0.5, ((102, 1),) * 5),
    ]
    assert all(type(value) is float for face in faces for value in (*face.box, face.score))
