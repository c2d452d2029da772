"""YuNet through onnxruntime against OpenCV's own class for it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion.detection.look import LONGEST_SIDE, fit
from emotion.detection.yunet import YuNet
from emotion.image import Pixels, load_image
from tests.conftest import ROOT


def opencv_faces(path: Path, image: Pixels) -> np.ndarray:
    """(N, 15), the best first: box as (x, y, width, height), five landmarks, score."""
    fitted, _ = fit(image, LONGEST_SIDE)
    level = cv2.utils.logging.getLogLevel()
    # OpenCV warns of a setting that nobody chose.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    network = cv2.FaceDetectorYN.create(str(path), "", fitted.shape[1::-1], 0.6, 0.3, 5000)
    _, rows = network.detect(cv2.cvtColor(fitted, cv2.COLOR_RGB2BGR))
    cv2.utils.logging.setLogLevel(level)
    return np.empty((0, 15), np.float32) if rows is None else rows


def test_same_faces(yunet_path: Path, astronaut_image: Pixels) -> None:
    """Also in a shape that is no multiple of 32."""
    group = load_image(ROOT / "examples" / "group.jpg")
    for image, count in ((np.ascontiguousarray(astronaut_image[:, :301]), 1), (group, 4)):
        expected = opencv_faces(yunet_path, image)
        _, scale_xy = fit(image, LONGEST_SIDE)
        faces = YuNet(yunet_path).detect(image)
        assert len(faces) == len(expected) == count
        for face, row in zip(sorted(faces, key=lambda face: -face.score), expected, strict=True):
            assert face.score == pytest.approx(row[14], abs=1e-3)
            found = np.array([face.box[:2], face.box[2:], *face.landmarks]) * scale_xy
            points = np.vstack([row[:2], row[:2] + row[2:4], row[4:14].reshape(5, 2)])
            # OpenCV's box is that of the best proposal, ours the mean of all for the face.
            assert np.abs(found - points).max() < 0.15 * np.sqrt(row[2] * row[3])
