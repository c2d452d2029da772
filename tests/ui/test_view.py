import base64
import io

import numpy as np
import PIL.Image
import pytest

from emotion import LABELS, Face, FacePrediction
from ui.view import CROP_SIDE, PICTURE_SIDE, UNCERTAIN_BELOW, crop_uri, face_view, picture_uri


def decoded(uri: str) -> PIL.Image.Image:
    head, body = uri.split(",")
    assert head == "data:image/jpeg;base64"
    return PIL.Image.open(io.BytesIO(base64.b64decode(body)))


def prediction(top: float) -> FacePrediction:
    rest = (1 - top) / 6
    probabilities = {label: top if label == "sad" else rest for label in LABELS}
    return FacePrediction(Face((0.04, 1, 2, 3), 0.9), probabilities)


@pytest.mark.parametrize(
    ("shape", "size_wh"),
    [
        ((1, 1, 3), (1, 1)),
        ((1, 9000, 3), (PICTURE_SIDE, 1)),
        ((100, 50, 3), (50, 100)),
        ((1280, 2560, 3), (PICTURE_SIDE, 640)),
    ],
)
def test_a_picture_is_reduced_and_never_enlarged(
    shape: tuple[int, int, int], size_wh: tuple[int, int]
) -> None:
    assert decoded(picture_uri(np.zeros(shape, np.uint8))).size == size_wh


def test_a_picture_keeps_its_colours() -> None:
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 255
    r, g, b = decoded(picture_uri(red)).getpixel((8, 8))
    assert r > 240
    assert max(g, b) < 15


@pytest.mark.parametrize(
    "box", [(0, 0, 0, 0), (-50, -50, -10, -10), (500, 500, 900, 900), (90, 90, 130, 130)]
)
def test_a_crop_stays_inside_the_picture(box: tuple[float, float, float, float]) -> None:
    crop = decoded(crop_uri(np.zeros((100, 120, 3), np.uint8), box))
    assert 1 <= min(crop.size) <= max(crop.size) <= CROP_SIDE


@pytest.mark.parametrize(
    ("top", "uncertain"), [(0.2, True), (UNCERTAIN_BELOW, False), (0.99, False)]
)
def test_a_face_knows_whether_it_is_uncertain(top: float, uncertain: bool) -> None:
    face = face_view(prediction(top))
    assert face["uncertain"] is uncertain
    assert face["label"] == "sad"
    assert list(face["probabilities"]) == list(LABELS)
    assert face["box"] == [0.0, 1, 2, 3]
