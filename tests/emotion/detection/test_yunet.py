"""YuNet's boxes through onnxruntime against those of OpenCV's own class for it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion.detection.scale import fit
from emotion.detection.yunet import LONGEST_SIDE, MAX_OVERLAP, YuNet
from emotion.image import Pixels, load_image

LOW_SCORE = 0.3


def opencv_boxes(path: Path, image: Pixels) -> np.ndarray:
    """(N, 5): x1, y1, x2, y2 in the fitted image, and the score."""
    fitted, _ = fit(image, LONGEST_SIDE)
    size_wh = (fitted.shape[1], fitted.shape[0])
    level = cv2.utils.logging.getLogLevel()
    # OpenCV warns of a setting that nobody chose.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    network = cv2.FaceDetectorYN.create(str(path), "", size_wh, LOW_SCORE, MAX_OVERLAP, 5000)
    _, rows = network.detect(cv2.cvtColor(fitted, cv2.COLOR_RGB2BGR))
    cv2.utils.logging.setLogLevel(level)
    rows = np.empty((0, 15), np.float32) if rows is None else rows
    return np.hstack([rows[:, :2], rows[:, :2] + rows[:, 2:4], rows[:, 14:]])


def own_boxes(path: Path, image: Pixels) -> np.ndarray:
    _, (scale_x, scale_y) = fit(image, LONGEST_SIDE)
    factors = np.array([scale_x, scale_y, scale_x, scale_y])
    faces = YuNet(path, LOW_SCORE).detect(image)
    return np.array([[*(face.box * factors), face.score] for face in faces]).reshape(-1, 5)


def assert_same_boxes(path: Path, image: Pixels, at_least: int) -> None:
    expected = opencv_boxes(path, image)
    found = own_boxes(path, image)
    assert len(found) == len(expected) >= at_least
    by_score = [rows[np.argsort(-rows[:, 4], kind="stable")] for rows in (found, expected)]
    np.testing.assert_allclose(by_score[0][:, :4], by_score[1][:, :4], atol=0.5)
    np.testing.assert_allclose(by_score[0][:, 4], by_score[1][:, 4], atol=1e-3)


@pytest.mark.parametrize(
    ("shape", "faces"), [((64, 64), 0), ((300, 512), 1), ((512, 301), 1), ((1100, 900), 1)]
)
def test_same_boxes(
    yunet_path: Path, astronaut_image: Pixels, shape: tuple[int, int], faces: int
) -> None:
    """Shapes that are no multiples of 32 are filled up."""
    height, width = shape
    image = np.zeros((height, width, 3), np.uint8)
    if faces:
        image = cv2.resize(astronaut_image, None, fx=1, fy=1)[:height, :width]
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    assert_same_boxes(yunet_path, image, faces)


def test_same_boxes_in_group_photographs(yunet_path: Path, shared_data: Path) -> None:
    for photo in sorted((shared_data / "group_photos").glob("*.jpg"))[:4]:
        assert_same_boxes(yunet_path, load_image(photo), 2)


def test_a_file_of_free_size_is_read_too(yunet_path: Path, astronaut_image: Pixels) -> None:
    """What other exports have: the input's size is replaced, whatever it was."""
    (face,) = YuNet(yunet_path).detect(astronaut_image[:333, :415])
    assert 0.9 < face.score <= 1
