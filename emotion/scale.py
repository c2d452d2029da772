"""Images in a size that suits a detector, and what it found there back in the source's pixels."""

import cv2
import numpy as np
import numpy.typing as npt

from emotion.types import Face

Pixels = npt.NDArray[np.uint8]

# Shorter ones are enlarged: of 200 FER-2013 frames (48x48) YuNet finds 151 as they are, 197 at 160.
SHORTEST_SIDE = 160


def fit(image: Pixels, longest_side: int) -> tuple[Pixels, tuple[float, float]]:
    """The image with its longer side from SHORTEST_SIDE to longest_side, and the factors (x, y)."""
    height, width = image.shape[:2]
    longest = max(height, width)
    target = min(max(longest, SHORTEST_SIDE), longest_side)
    if target == longest:
        return image, (1.0, 1.0)
    size_wh = (max(1, round(width * target / longest)), max(1, round(height * target / longest)))
    method = cv2.INTER_AREA if target < longest else cv2.INTER_LINEAR
    resized = cv2.resize(image, size_wh, interpolation=method).astype(np.uint8, copy=False)
    return resized, (size_wh[0] / width, size_wh[1] / height)


def to_faces(
    boxes: npt.NDArray[np.floating],
    scores: npt.NDArray[np.floating],
    scale_xy: tuple[float, float],
) -> list[Face]:
    """Boxes (N, 4) as (x1, y1, x2, y2) in the fitted image, scores (N,): faces, largest first."""
    sources = (boxes.astype(np.float64) / (scale_xy * 2)).tolist()
    faces = [
        Face((x1, y1, x2, y2), min(1.0, score))
        for (x1, y1, x2, y2), score in zip(sources, scores.astype(float).tolist(), strict=True)
    ]
    return sorted(faces, key=lambda face: face.area, reverse=True)
