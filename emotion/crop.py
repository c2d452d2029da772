"""Faces to the 48x48 grey frames that FER-2013 taught the network to read."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from emotion.types import CROP_SIZE, Box, Face

# YuNet's box on 1,500 FER-2013 training images, in units of the 48x48 frame: median width 0.802,
# height 0.992, centre (0.503, 0.517). So the frame's side is sqrt(w * h) / sqrt(0.802 * 0.992),
# and its centre lies 0.017 of the side above the box's. MTCNN's box gives the same within 2 %.
# Crops show 0.9 of that side: posed faces are read best at 0.8 to 0.85, press photographs at 0.9 to
# 0.95, and at 0.9 both are within a point of their best with either detector.
BOX_PER_FRAME = 0.991  # 0.892 / 0.9
CENTRE_LIFT = 0.017

# Faces turned further than this, in degrees, are cropped upright. For heads held as people hold
# them, turning the eyes level brought nothing.
LEAST_TURN = 25.0
# A turned face is cut as the square around its frame in any turn, at this many pixels, two for each
# pixel of the crop.
TURNED_SIDE = 2 * round(CROP_SIZE * 2**0.5)

# Boxes may be of any size: a longer square is sampled every few pixels, still 85 for each pixel of
# the crop, so that none takes more than 50 MB.
MAX_SIDE = 4096

Pixels = npt.NDArray[np.uint8]


def frame_of(box: Box) -> Box:
    """The square FER-2013 would have cut around a detector's box, both in pixels."""
    x1, y1, x2, y2 = box
    side = max(1.0, float(np.sqrt(max(0.0, x2 - x1) * max(0.0, y2 - y1))) / BOX_PER_FRAME)
    left = (x1 + x2 - side) / 2
    top = (y1 + y2 - side) / 2 - CENTRE_LIFT * side
    return left, top, left + side, top + side


def turn_of(face: Face) -> float:
    """Degrees, clockwise, by which the face is turned: 0 up to LEAST_TURN, or without landmarks."""
    if face.landmarks is None:
        return 0.0
    (right_x, right_y), (left_x, left_y), *_ = face.landmarks
    degrees = float(np.degrees(np.arctan2(left_y - right_y, left_x - right_x)))
    return degrees if abs(degrees) > LEAST_TURN else 0.0


def crop_faces(image: Pixels, faces: Sequence[Face]) -> Pixels:
    """RGB uint8 (H, W, 3) and N faces to grey uint8 (N, 48, 48), turned faces upright.

    Large faces shrink by area averaging, as FER-2013's did; small ones grow bilinearly.
    Outside the image the edge is repeated.
    """
    crops = np.empty((len(faces), CROP_SIZE, CROP_SIZE), np.uint8)
    for crop, face in zip(crops, faces, strict=True):
        turn = turn_of(face)
        crop[:] = _crop_turned(image, face.box, turn) if turn else _crop(image, frame_of(face.box))
    return crops


def turn_back(attention: npt.NDArray[np.float32], face: Face) -> npt.NDArray[np.float32]:
    """What was seen in a crop, (h, w), as it lies over `frame_of(face.box)`.

    The corners of a turned face's frame that the crop did not show are 0.
    """
    turn = turn_of(face)
    if not turn:
        return attention
    return _turned(attention, -turn, attention.shape[1]).astype(np.float32, copy=False)


def _crop(image: Pixels, square: Box, side: int = CROP_SIZE) -> Pixels:
    left, top, right, bottom = (round(edge) for edge in square)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    # Grey first: a third of the pixels to resize.
    grey = cv2.cvtColor(_sample(image, left, top, right, bottom), cv2.COLOR_RGB2GRAY)
    method = cv2.INTER_AREA if min(grey.shape) >= side else cv2.INTER_LINEAR
    resized = cv2.resize(grey, (side, side), interpolation=method)
    return resized.astype(np.uint8, copy=False)


def _crop_turned(image: Pixels, box: Box, degrees: float) -> Pixels:
    x1, y1, x2, y2 = box
    left, top, right, bottom = frame_of(box)
    # The frame's centre lies above the box's, as seen by the face.
    lift = (y1 + y2 - top - bottom) / 2
    x = (x1 + x2) / 2 + lift * np.sin(np.radians(degrees))
    y = (y1 + y2) / 2 - lift * np.cos(np.radians(degrees))
    half = (right - left) / 2**0.5
    square = _crop(image, (x - half, y - half, x + half, y + half), TURNED_SIDE)
    upright = _turned(square, degrees, 2 * CROP_SIZE)
    return cv2.resize(upright, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_AREA).astype(
        np.uint8, copy=False
    )


def _turned(image: npt.NDArray[Any], degrees: float, side: int) -> npt.NDArray[Any]:
    """The middle of an image, side x side, turned anticlockwise by that much."""
    height, width = image.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    matrix[:, 2] += (side - width) / 2, (side - height) / 2
    return cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR)


def _sample(image: Pixels, left: int, top: int, right: int, bottom: int) -> Pixels:
    """image[top:bottom, left:right], the edge repeated outside, no side longer than MAX_SIDE."""
    height, width = image.shape[:2]
    step = -(-max(right - left, bottom - top) // MAX_SIDE)
    if step == 1 and left >= 0 and top >= 0 and right <= width and bottom <= height:
        return image[top:bottom, left:right]
    rows = np.clip(np.arange(top, bottom, step), 0, height - 1)
    columns = np.clip(np.arange(left, right, step), 0, width - 1)
    return image[rows[:, np.newaxis], columns]
