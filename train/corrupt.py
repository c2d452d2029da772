"""What spoils photographs, done on purpose: how much of the accuracy is left?

Every corruption takes RGB uint8 (H, W, 3) and the face in it, and returns an image of the same
size. Distances are in sides of the face's frame (emotion/crop.py), so that a face is spoilt alike
in a large and in a small photograph; noise is drawn from a fixed seed. The strengths are ours: bad,
as a camera at home is bad, and never beyond what a person can still read.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from emotion.crop import frame_of
from emotion.image import Pixels
from emotion.types import Face

Corruption = Callable[[Pixels, Face], Pixels]

# Eyes and nose in FER-2013's frame: YuNet's landmarks on its training images.
EYES = ((0.31, 0.39), (0.69, 0.38))
NOSE = (0.50, 0.58)

# Pixels of the frame's side below which a detector's minimum decides, not the network.
SMALL_SIDE = 36


def low_light(image: Pixels, _face: Face) -> Pixels:
    """A fifth of the light, and the sensor's noise amplified with what is left."""
    noise = np.random.default_rng(0).normal(0, 4, image.shape)
    return _bytes((image * 0.2 + noise) * 2)


def backlight(image: Pixels, face: Face) -> Pixels:
    """The face at a third of its light before a bright background."""
    left, top, side = _frame(face)
    centre = (round(left + side / 2), round(top + side / 2))
    shape = np.zeros(image.shape[:2], np.float32)
    cv2.ellipse(shape, centre, (round(0.5 * side), round(0.62 * side)), 0, 0, 360, 1.0, -1)
    inside = np.asarray(cv2.GaussianBlur(shape, (0, 0), max(0.05 * side, 0.5)))[..., np.newaxis]
    return _bytes(inside * image * 0.35 + (1 - inside) * (255 - (255 - image) * 0.4))


def blur(image: Pixels, face: Face) -> Pixels:
    """Out of focus: a Gaussian of a 30th of the face."""
    return _bytes(cv2.GaussianBlur(image, (0, 0), max(_frame(face)[2] / 30, 0.5)))


def jpeg(image: Pixels, _face: Face) -> Pixels:
    """JPEG of quality 10."""
    _, encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 10])
    return _bytes(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))[..., ::-1])


def small(image: Pixels, face: Face) -> Pixels:
    """A face 36 pixels wide, enlarged again to the photograph's size."""
    shrink = min(1.0, SMALL_SIDE / _frame(face)[2])
    little = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return _bytes(cv2.resize(little, image.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def tilted(image: Pixels, face: Face) -> Pixels:
    """The head leans by 25 degrees."""
    left, top, side = _frame(face)
    turn = cv2.getRotationMatrix2D((left + side / 2, top + side / 2), 25, 1)
    return _bytes(cv2.warpAffine(image, turn, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE))


def hand(image: Pixels, face: Face) -> Pixels:
    """A cheek and a corner of the mouth behind a hand of the face's own colour."""
    (x, y), reach = _at(face, NOSE), max(1, round(0.08 * _frame(face)[2]))
    skin = image[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
    colour = (skin if skin.size else image).mean((0, 1)) * 0.85
    return _ellipse(image.copy(), face, (0.25, 0.85), (0.2, 0.34), colour.tolist(), angle=25)


def sunglasses(image: Pixels, face: Face) -> Pixels:
    """Dark lenses over both eyes, and the bridge between them."""
    spoilt, dark = image.copy(), (25, 25, 25)
    for eye in EYES:
        _ellipse(spoilt, face, eye, (0.15, 0.11), dark)
    right, left = (_at(face, eye) for eye in EYES)
    cv2.line(spoilt, right, left, dark, max(1, round(0.03 * _frame(face)[2])), cv2.LINE_AA)
    return spoilt


def mask(image: Pixels, face: Face) -> Pixels:
    """Mouth and chin behind a pale blue mask."""
    shape = ((0.12, 0.55), (0.5, 0.5), (0.88, 0.55), (0.82, 0.9), (0.5, 1.05), (0.18, 0.9))
    spoilt = image.copy()
    corners = np.array([_at(face, corner) for corner in shape], np.int32)
    cv2.fillPoly(spoilt, [corners], (165, 200, 220), cv2.LINE_AA)
    return spoilt


def darker(image: Pixels, _face: Face) -> Pixels:
    """Skin and all else darker: gain 0.7, gamma 1.5."""
    return _bytes(255 * (0.7 * image / 255) ** 1.5)


def lighter(image: Pixels, _face: Face) -> Pixels:
    """Skin and all else lighter: gain 1.3, gamma 0.7."""
    return _bytes(255 * np.minimum(1.3 * image / 255, 1) ** 0.7)


CORRUPTIONS: dict[str, Corruption] = {
    "low light": low_light,
    "backlight": backlight,
    "blur": blur,
    "JPEG of quality 10": jpeg,
    "small face": small,
    "tilted head": tilted,
    "hand": hand,
    "sunglasses": sunglasses,
    "mask": mask,
    "darker": darker,
    "lighter": lighter,
}


def _frame(face: Face) -> tuple[float, float, float]:
    """Left, top and side of the face's frame, in pixels."""
    left, top, right, _ = frame_of(face.box)
    return left, top, right - left


def _at(face: Face, point: tuple[float, float]) -> tuple[int, int]:
    """A point of the frame, in pixels of the image."""
    left, top, side = _frame(face)
    return round(left + point[0] * side), round(top + point[1] * side)


def _ellipse(
    image: Pixels,
    face: Face,
    centre: tuple[float, float],
    axes: tuple[float, float],
    colour: Any,
    *,
    angle: float = 0,
) -> Pixels:
    side = _frame(face)[2]
    half = (round(axes[0] * side), round(axes[1] * side))
    cv2.ellipse(image, _at(face, centre), half, angle, 0, 360, colour, -1, cv2.LINE_AA)
    return image


def _bytes(values: npt.NDArray[Any]) -> Pixels:
    return np.asarray(np.clip(values, 0, 255).round(), np.uint8)
