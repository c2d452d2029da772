"""Faces to the 48x48 grey frames that FER-2013 taught the network to read."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from emotion.types import CROP_SIZE, Box, Face

# YuNet's box on 1,500 FER-2013 training images, in units of the 48x48 frame: median width 0.802,
# height 0.992, centre (0.503, 0.517). So the frame's side is sqrt(w * h) / sqrt(0.802 * 0.992),
# and its centre lies 0.017 of the side above the box's. MTCNN's box gives the same within 2 %.
BOX_PER_FRAME = 0.892
CENTRE_LIFT = 0.017

# Boxes may come from outside and be of any size: a longer square is sampled every few pixels,
# still 85 for each pixel of the crop, so that none takes more than 50 MB.
MAX_SIDE = 4096


def frame_of(box: Box) -> Box:
    """The square FER-2013 would have cut around a detector's box, both in pixels."""
    x1, y1, x2, y2 = box
    side = max(1.0, float(np.sqrt(max(0.0, x2 - x1) * max(0.0, y2 - y1))) / BOX_PER_FRAME)
    left = (x1 + x2 - side) / 2
    top = (y1 + y2 - side) / 2 - CENTRE_LIFT * side
    return left, top, left + side, top + side


def crop_faces(image: npt.NDArray[np.uint8], faces: Sequence[Face]) -> npt.NDArray[np.uint8]:
    """RGB uint8 (H, W, 3) and N faces to grey uint8 (N, 48, 48).

    Large faces shrink by area averaging, as FER-2013's did; small ones grow bilinearly.
    Outside the image the edge is repeated.
    """
    crops = np.empty((len(faces), CROP_SIZE, CROP_SIZE), np.uint8)
    for crop, face in zip(crops, faces, strict=True):
        crop[:] = _crop_square(image, frame_of(face.box))
    return crops


def _crop_square(image: npt.NDArray[np.uint8], square: Box) -> npt.NDArray[np.uint8]:
    left, top, right, bottom = (round(edge) for edge in square)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    # Grey first: a third of the pixels to resize.
    grey = cv2.cvtColor(_sample(image, left, top, right, bottom), cv2.COLOR_RGB2GRAY)
    shrinking = min(grey.shape) >= CROP_SIZE
    method = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    resized = cv2.resize(grey, (CROP_SIZE, CROP_SIZE), interpolation=method)
    return resized.astype(np.uint8, copy=False)


def _sample(
    image: npt.NDArray[np.uint8], left: int, top: int, right: int, bottom: int
) -> npt.NDArray[np.uint8]:
    """image[top:bottom, left:right], the edge repeated outside, no side longer than MAX_SIDE."""
    height, width = image.shape[:2]
    step = -(-max(right - left, bottom - top) // MAX_SIDE)
    if step == 1 and left >= 0 and top >= 0 and right <= width and bottom <= height:
        return image[top:bottom, left:right]
    rows = np.clip(np.arange(top, bottom, step), 0, height - 1)
    columns = np.clip(np.arange(left, right, step), 0, width - 1)
    return image[rows[:, np.newaxis], columns]
