"""Faces that are turned, in a picture whose face is known."""

import cv2
import numpy as np
import pytest

from emotion.crop import turn_of
from emotion.detection import load_detector
from emotion.image import Pixels


@pytest.mark.parametrize("degrees", [0, 20, 45, 90, 135, 180])
def test_a_turned_face(yunet_path: object, astronaut_image: Pixels, degrees: int) -> None:
    detector = load_detector("yunet", yunet=yunet_path)
    (upright,) = detector.detect(astronaut_image)
    portrait = astronaut_image[:240, 104:344]
    matrix = cv2.getRotationMatrix2D((119.5, 119.5), -degrees, 1)
    turned = cv2.warpAffine(portrait, matrix, (240, 240), borderMode=cv2.BORDER_REPLICATE)
    (face,) = detector.detect(np.asarray(turned))
    off = (turn_of(face) - (degrees if degrees > 25 else 0) + 180) % 360 - 180
    assert abs(off) < 12
    expected = np.subtract(upright.landmarks, [104, 0]) @ matrix[:, :2].T + matrix[:, 2]
    if degrees != 20:  # YuNet's own landmarks lag behind small turns
        assert np.abs(np.subtract(face.landmarks, expected)).max() < 12
    assert face.area == pytest.approx(upright.area, rel=0.25)
