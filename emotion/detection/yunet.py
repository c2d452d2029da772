"""YuNet (Wu, Peng and Yu 2023): its ONNX file through onnxruntime, and its outputs to boxes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from emotion.detection import onnx_fields
from emotion.detection.onnx_fields import Field
from emotion.detection.scale import SHORTEST_SIDE, Pixels, fit, to_faces
from emotion.session import open_session
from emotion.types import Face, ModelError

# Longer sides are shrunk to this. What counts is a face's width in the shrunk picture: on ten group
# photographs (500 wide, faces 37) all 43 are found down to a side of 160, where faces have 12
# pixels; 33 at 128, 18 at 96. So 640 finds a face that is a fiftieth of the picture, and 320 one
# that is a twenty-fifth. CPU time for 4:3, one thread: 10 ms at 640, 6 at 320, 3 at 160 with 0 to
# 3 false boxes more than the 2 at 640; 800 finds nothing more.
LONGEST_SIDE = 640

MIN_SCORE = 0.6
MAX_OVERLAP = 0.3

# The network answers on three grids, with fields of so many pixels.
STRIDES = (8, 16, 32)
OUTPUTS = [f"{kind}_{stride}" for stride in STRIDES for kind in ("cls", "obj", "bbox")]

Floats = npt.NDArray[np.float32]


class YuNet:
    """YuNet through onnxruntime; safe to share between threads."""

    name = "yunet"

    def __init__(self, model: Path, min_score: float | None = None, threads: int = 1) -> None:
        self._min_score = MIN_SCORE if min_score is None else min_score
        try:
            network = onnx_fields.edit_graph(model.read_bytes(), _of_any_size)
            self._session = open_session(network, model.name, threads)
            # Another network is noticed only when it runs.
            self.detect(np.zeros((SHORTEST_SIDE, SHORTEST_SIDE, 3), np.uint8))
        except (ModelError, ort_errors.InvalidArgument, ort_errors.Fail) as error:
            raise ModelError(f"{model.name} is not YuNet's ONNX file") from error

    def detect(self, image: Pixels) -> list[Face]:
        """Faces in RGB uint8 (H, W, 3), the largest first; boxes in its pixels."""
        fitted, scale_xy = fit(image, LONGEST_SIDE)
        planes = _planes(fitted)
        answers = self._session.run(OUTPUTS, {"input": planes})
        found = [
            _decode(answers[3 * grid : 3 * grid + 3], stride, planes.shape[3], self._min_score)
            for grid, stride in enumerate(STRIDES)
        ]
        boxes, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
        kept = _suppress(boxes, scores)
        return to_faces(boxes[kept], scores[kept], scale_xy)


def _of_any_size(graph: list[Field]) -> Iterator[Field]:
    """The file is made for 640x640; nothing in the network is.

    Landmarks are left out, and what computes them alone.
    """
    for number, value in graph:
        if number == onnx_fields.GRAPH_INPUT:
            yield onnx_fields.float_input(b"input", (1, 3, b"height", b"width"))
        elif number != onnx_fields.GRAPH_OUTPUT:
            yield number, value
    for output in OUTPUTS:
        yield onnx_fields.float_output(output.encode())


def _planes(image: Pixels) -> Floats:
    """RGB uint8 (H, W, 3) to float32 BGR (1, 3, H, W), filled with 0 to whole fields."""
    height, width = image.shape[:2]
    last = STRIDES[-1]
    planes = np.zeros((1, 3, -(-height // last) * last, -(-width // last) * last), np.float32)
    for channel in range(3):
        # Five times as fast as a transposed copy.
        planes[0, 2 - channel, :height, :width] = cv2.extractChannel(image, channel)
    return planes


def _decode(
    answers: Sequence[Floats], stride: int, width: int, min_score: float
) -> tuple[Floats, Floats]:
    """Boxes (K, 4) as (x1, y1, x2, y2) and scores (K,) of the grid's K fields that show a face.

    A field says where its box's centre lies from its corner, and the logarithms of width and
    height, all in units of the stride.
    """
    classes, objects, boxes = (answer[0] for answer in answers)
    scores = np.sqrt(np.clip(classes[:, 0], 0, 1) * np.clip(objects[:, 0], 0, 1))
    fields = np.flatnonzero(scores >= min_score)
    columns = width // stride
    corners = np.stack([fields % columns, fields // columns], axis=1)
    centres = (corners + boxes[fields, :2]) * stride
    halves = np.exp(boxes[fields, 2:]) * (stride / 2)
    return np.hstack([centres - halves, centres + halves]).astype(np.float32), scores[fields]


def _suppress(boxes: Floats, scores: Floats) -> list[int]:
    """Of boxes that overlap the best, the best first."""
    xywh = np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])
    return list(cv2.dnn.NMSBoxes(xywh.tolist(), scores.tolist(), 0.0, MAX_OVERLAP))
