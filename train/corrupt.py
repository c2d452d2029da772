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

# Eyes in FER-2013's frame: YuNet's landmarks on its training images.
EYES = ((0.31, 0.39), (0.69, 0.38))
MASK = ((0.12, 0.55), (0.5, 0.5), (0.88, 0.55), (0.82, 0.9), (0.5, 1.05), (0.18, 0.9))

# Pixels of the frame's side below which a detector's minimum decides, not the network.
SMALL_SIDE = 36


def low_light(image: Pixels, _face: Face) -> Pixels:
    """A fifth of the light, and the sensor's noise amplified with what is left."""
    noise = np.random.default_rng(0).normal(0, 4, image.shape)
    return _bytes((image * 0.2 + noise) * 2)


def backlight(image: Pixels, face: Face) -> Pixels:
    """The face at a third of its light before a bright background."""
    side = _side(face)
    shape = np.zeros(image.shape[:2], np.float32)
    half = (round(0.5 * side), round(0.62 * side))
    cv2.ellipse(shape, _at(face, (0.5, 0.5)), half, 0, 0, 360, 1.0, -1)
    inside = np.asarray(cv2.GaussianBlur(shape, (0, 0), max(0.05 * side, 0.5)))[..., np.newaxis]
    return _bytes(inside * image * 0.35 + (1 - inside) * (255 - (255 - image) * 0.4))


def blur(image: Pixels, face: Face) -> Pixels:
    """Out of focus: a Gaussian of a 30th of the face."""
    return _bytes(cv2.GaussianBlur(image, (0, 0), max(_side(face) / 30, 0.5)))


def jpeg(image: Pixels, _face: Face) -> Pixels:
    """JPEG of quality 10."""
    _, encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 10])
    return _bytes(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))[..., ::-1])


def small(image: Pixels, face: Face) -> Pixels:
    """A face 36 pixels wide, enlarged again to the photograph's size."""
    shrink = min(1.0, SMALL_SIDE / _side(face))
    little = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return _bytes(cv2.resize(little, image.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def sunglasses(image: Pixels, face: Face) -> Pixels:
    """Dark lenses over both eyes, and the bridge between them."""
    spoilt, dark, side = image.copy(), (25, 25, 25), _side(face)
    right, left = (_at(face, eye) for eye in EYES)
    for eye in (right, left):
        half = (round(0.15 * side), round(0.11 * side))
        cv2.ellipse(spoilt, eye, half, 0, 0, 360, dark, -1, cv2.LINE_AA)
    cv2.line(spoilt, right, left, dark, max(1, round(0.03 * side)), cv2.LINE_AA)
    return spoilt


def mask(image: Pixels, face: Face) -> Pixels:
    """Mouth and chin behind a pale blue mask."""
    spoilt = image.copy()
    corners = np.array([_at(face, corner) for corner in MASK], np.int32)
    cv2.fillPoly(spoilt, [corners], (165, 200, 220), cv2.LINE_AA)
    return spoilt


CORRUPTIONS: dict[str, Corruption] = {
    "low light": low_light,
    "backlight": backlight,
    "blur": blur,
    "JPEG of quality 10": jpeg,
    "small face": small,
    "sunglasses": sunglasses,
    "mask": mask,
}


def _side(face: Face) -> float:
    """The side of the face's frame, in pixels."""
    left, _, right, _ = frame_of(face.box)
    return right - left


def _at(face: Face, point: tuple[float, float]) -> tuple[int, int]:
    """A point of the frame, in pixels of the image."""
    left, top, *_ = frame_of(face.box)
    return round(left + point[0] * _side(face)), round(top + point[1] * _side(face))


def _bytes(values: npt.NDArray[Any]) -> Pixels:
    return np.asarray(np.clip(values, 0, 255).round(), np.uint8)
