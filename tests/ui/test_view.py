import base64
import io

import numpy as np
import PIL.Image
import pytest

from emotion import EmotionRecognizer, Face
from emotion.crop import crop_faces
from ui.limits import CROP_SIDE, PICTURE_SIDE
from ui.view import crop_uri, picture_uri


def decoded(uri: str) -> PIL.Image.Image:
    head, body = uri.split(",")
    assert head == "data:image/jpeg;base64"
    return PIL.Image.open(io.BytesIO(base64.b64decode(body)))


@pytest.mark.parametrize(
    ("shape", "size_wh"),
    [
        ((1, 9000, 3), (PICTURE_SIDE, 1)),
        ((100, 50, 3), (50, 100)),
        ((1280, 2560, 3), (PICTURE_SIDE, 640)),
    ],
)
def test_a_picture_is_reduced_and_never_enlarged(
    shape: tuple[int, int, int], size_wh: tuple[int, int]
) -> None:
    assert decoded(picture_uri(np.zeros(shape, np.uint8))).size == size_wh


@pytest.mark.parametrize(
    "box", [(0, 0, 0, 0), (-50, -50, -10, -10), (500, 500, 900, 900), (90, 90, 130, 130)]
)
def test_a_crop_is_a_square_wherever_the_box_lies(box: tuple[float, float, float, float]) -> None:
    crop = decoded(crop_uri(np.zeros((100, 120, 3), np.uint8), Face(box, 1.0)))
    assert 1 <= crop.width == crop.height <= CROP_SIDE


@pytest.mark.parametrize("turned", [False, True])
def test_a_crop_shows_what_the_network_is_shown(astronaut_image: np.ndarray, turned: bool) -> None:
    """A face that lies on its side is upright."""
    (face,) = EmotionRecognizer().detect(astronaut_image)
    if turned:
        astronaut_image = np.rot90(astronaut_image)
        (x1, y1, x2, y2), eyes = face.box, face.landmarks
        face = Face((y1, 512 - x2, y2, 512 - x1), 1.0, tuple((y, 512 - x) for x, y in eyes))
    (seen,) = crop_faces(astronaut_image, [face])
    shown = decoded(crop_uri(astronaut_image, face)).convert("L").resize(seen.shape)
    assert np.corrcoef(np.ravel(shown), np.ravel(seen))[0, 1] > 0.9
