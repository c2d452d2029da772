"""What a detector's network proposes, and one face for all proposals that mean the same one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from emotion.types import Face

# Two boxes show one face if they share more than this of their union, or of the smaller box.
MAX_OVERLAP, MAX_INSIDE = 0.3, 0.7

# A face's box is the mean of all proposals that share at least this of their union with the best
# one, weighted by their scores (box voting: Gidaris and Komodakis 2015). The best one alone jumps
# with small changes: in the same pictures at 640 and at 1280 pixels, boxes differed by up to 5.5 %
# of their side with YuNet and 7.8 % with MTCNN; with voting by 2.0 % and 2.2 %.
VOTES_FROM = 0.5

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """N proposals for faces.

    points are (N, 7, 2), pixels as (x, y): the top left and bottom right corner of the box, then
    the five landmarks in the order of `Face`. scores are (N,), 0 to 1.
    """

    points: Floats
    scores: Floats

    @property
    def boxes(self) -> Floats:
        """(N, 4) as (x1, y1, x2, y2)."""
        return self.points[:, :2].reshape(-1, 4)

    @property
    def sides(self) -> Floats:
        """(N,), those of squares as large as the boxes."""
        sides: Floats = np.sqrt(np.ptp(self.points[:, :2], axis=1).prod(axis=1))
        return sides

    def take(self, chosen: npt.NDArray[np.bool_]) -> "Found":
        """Those that are chosen, (N,)."""
        return Found(self.points[chosen], self.scores[chosen])

    def in_source(
        self, scale_xy: tuple[float, float], corner_xy: tuple[float, float] = (0, 0)
    ) -> "Found":
        """The proposals in a picture of which this one shows a part, resized by scale_xy."""
        return Found(self.points / np.array(scale_xy) + np.array(corner_xy), self.scores)

    def to_faces(self) -> list[Face]:
        """The largest first."""
        faces = []
        for points, score in zip(self.points.tolist(), self.scores.tolist(), strict=True):
            corner, opposite, *landmarks = map(tuple, points)
            faces.append(Face((*corner, *opposite), min(1.0, score), tuple(landmarks)))
        return sorted(faces, key=lambda face: face.area, reverse=True)


def join(parts: Iterable[Found]) -> Found:
    """All proposals of one or more parts."""
    points, scores = zip(*((part.points, part.scores) for part in parts), strict=True)
    return Found(np.concatenate(points), np.concatenate(scores))


def one_per_face(found: Found, min_score: float) -> Found:
    """One proposal for each face whose best one scores more than min_score, the best first."""
    boxes = found.boxes
    xywh = np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])
    kept = np.array(
        cv2.dnn.NMSBoxes(xywh.tolist(), found.scores.tolist(), min_score, MAX_OVERLAP), int
    )
    unions, smaller = overlaps(boxes[kept], boxes)
    best: list[int] = []
    for number in range(len(kept)):
        if not (smaller[number, kept[best]] > MAX_INSIDE).any():
            best.append(number)
    weights = found.scores * (unions[best] >= VOTES_FROM)
    weights /= weights.sum(axis=1, keepdims=True)
    return Found(np.tensordot(weights, found.points, 1), found.scores[kept[best]])


def overlaps(boxes: Floats, others: Floats) -> tuple[Floats, Floats]:
    """What N boxes share with M others, (N, M): of their union, and of the smaller one, 0 to 1."""
    ones = boxes[:, np.newaxis]
    low, high = np.maximum(ones[..., :2], others[:, :2]), np.minimum(ones[..., 2:], others[:, 2:])
    shared = np.maximum(high - low, 0).prod(axis=2)
    area, areas = ((b[..., 2:] - b[..., :2]).prod(axis=-1) for b in (ones, others))
    tiny = np.finfo(np.float32).tiny  # boxes without an area share nothing
    return (
        shared / np.maximum(area + areas - shared, tiny),
        shared / np.maximum(np.minimum(area, areas), tiny),
    )
