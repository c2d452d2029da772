"""Each way of spoiling a photograph does what its name says, where the face is."""

import numpy as np
import pytest

from emotion import EmotionRecognizer, Face
from emotion.crop import frame_of
from emotion.image import Pixels
from train.corrupt import CORRUPTIONS


@pytest.fixture(scope="module")
def photograph(astronaut_image: Pixels) -> tuple[Pixels, Face]:
    """A portrait, and the face that is found in it."""
    return astronaut_image, EmotionRecognizer(detector="mtcnn").detect(astronaut_image)[0]


def frame(image: Pixels, face: Face) -> Pixels:
    left, top, right, bottom = (max(0, round(edge)) for edge in frame_of(face.box))
    return image[top:bottom, left:right]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_spoils_the_face_and_nothing_of_the_source(
    name: str, photograph: tuple[Pixels, Face]
) -> None:
    image, face = photograph
    before = image.copy()
    spoilt = CORRUPTIONS[name](image, face)
    assert np.array_equal(image, before)
    assert (spoilt.shape, spoilt.dtype) == (image.shape, np.uint8)
    difference = np.abs(frame(spoilt, face).astype(int) - frame(image, face))
    assert difference.mean() > 1.5, "the face has to change"
    assert np.array_equal(CORRUPTIONS[name](image, face), spoilt), "the same each time"
    for box in ((-40.0, -40.0, -10.0, -5.0), (0, 0, 0, 0), (50, 50, 400, 500)):
        edge = np.full((64, 48, 3), 90, np.uint8)
        assert CORRUPTIONS[name](edge, Face(box, 1.0)).shape == edge.shape
