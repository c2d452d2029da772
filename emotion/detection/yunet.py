"""YuNet (Wu, Peng and Yu 2023): its ONNX file through onnxruntime, and its outputs to faces."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from emotion.detection.found import Found
from emotion.detection.look import SHORTEST_SIDE, Pixels, find_faces
from emotion.session import Network
from emotion.types import Face, ModelError

MIN_SCORE = 0.6
# Proposals down to this score take part in where a face's box lies.
MIN_VOTE = 0.3

# Of 90 upright press photographs 95 % score more than 0.91, and of those turned by 45 or by 180
# degrees 95 % less than 0.90; with 0.89 few upright faces are looked at again. Eyes turned by 45
# degrees seem turned by 4 to 25 to YuNet.
SURE, LEVEL = 0.89, 12

# The network answers on three grids, whose cells have this many pixels: how likely a face and how
# likely an object is there, a box, and five key points.
STRIDES = (8, 16, 32)
OUTPUTS = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES]

# OpenCV's file declares 640x640 pixels, though nothing in the network depends on it. In the file's
# protobuf each side is five bytes; a name of one letter, which leaves it free, takes as many.
FIXED_SIDES = b"\x0a\x03\x08\x80\x05" * 2
FREE_SIDES = b"\x0a\x03\x12\x01h\x0a\x03\x12\x01w"

Floats = npt.NDArray[np.float32]


class YuNet:
    """YuNet through onnxruntime; safe to share between threads.

    model is the file that OpenCV publishes, `face_detection_yunet_2023mar.onnx`, or one with free
    sides. Raises ModelError for any other.
    """

    name = "yunet"

    def __init__(self, model: Path, min_score: float | None = None, threads: int = 1) -> None:
        self._min_score = MIN_SCORE if min_score is None else min_score
        try:
            network = model.read_bytes().replace(FIXED_SIDES, FREE_SIDES)
        except OSError as error:
            raise ModelError(
                f"YuNet's file {model.name} can't be read: {error.strerror}"
            ) from error
        self._network = Network(network, model.name, threads)
        session = self._network.session
        nodes = {node.name for node in (*session.get_inputs(), *session.get_outputs())}
        if not nodes >= {"input", *OUTPUTS}:
            raise ModelError(f"{model.name} is not YuNet's ONNX file")
        # What goes wrong only when the network runs is said now.
        self.detect(np.zeros((SHORTEST_SIDE, SHORTEST_SIDE, 3), np.uint8))

    def detect(self, image: Pixels) -> list[Face]:
        """Faces in RGB uint8 (H, W, 3), the largest first; boxes in its pixels."""
        return find_faces(image, self._find, self._min_score, SURE, LEVEL)

    def _find(self, image: Pixels) -> Found:
        planes = _planes(image)
        answers = self._network.run(OUTPUTS, {"input": planes})
        classes, objects, boxes, key_points = (
            np.concatenate(answers[start : start + 3], axis=1)[0] for start in (0, 3, 6, 9)
        )
        squared = classes[:, 0] * objects[:, 0]
        cells = np.flatnonzero(squared >= min(MIN_VOTE, self._min_score) ** 2)
        corners, strides = (part[cells] for part in _grid(*planes.shape[2:]))
        # In units of the stride: a box's centre, seen from its cell's corner, and the logarithms of
        # its width and height; the key points, seen from the same corner.
        centres, halves = corners + boxes[cells, :2], np.exp(boxes[cells, 2:]) / 2
        landmarks = corners[:, np.newaxis] + key_points[cells].reshape(-1, 5, 2)
        points = np.concatenate([np.stack([centres - halves, centres + halves], 1), landmarks], 1)
        return Found(points * strides, np.sqrt(squared[cells]))


@lru_cache(maxsize=8)
def _grid(height: int, width: int) -> tuple[Floats, Floats]:
    """Of all M cells the corner (M, 2), as (column, row), and the stride (M, 1, 1)."""
    rows_columns = [np.indices((height // stride, width // stride)) for stride in STRIDES]
    corners = np.concatenate([grid[::-1].reshape(2, -1).T for grid in rows_columns])
    sizes = [grid[0].size for grid in rows_columns]
    return corners.astype(np.float32), np.repeat(np.array(STRIDES, np.float32), sizes).reshape(
        -1, 1, 1
    )


def _planes(image: Pixels) -> Floats:
    """RGB uint8 (H, W, 3) to float32 BGR (1, 3, H, W), black below and right up to whole cells."""
    height, width = image.shape[:2]
    last = STRIDES[-1]
    planes = np.zeros((1, 3, -(-height // last) * last, -(-width // last) * last), np.float32)
    for channel in range(3):
        # Five times as fast as a transposed copy.
        planes[0, 2 - channel, :height, :width] = cv2.extractChannel(image, channel)
    return planes
