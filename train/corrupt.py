"""What spoils photographs, done on purpose: how much of the accuracy is left?

Every corruption takes RGB uint8 (H, W, 3) and the face in it, and returns an image of the same
size. Distances are in sides of the face's frame (emotion/crop.py), so that a face in a large
photograph is spoilt like one in a small photograph; noise is drawn from a fixed seed. The
strengths are ours: bad, as a camera at home is bad, and none beyond what a person can still read.
"""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from emotion.crop import frame_of
from emotion.image import Pixels
from emotion.types import Face

Corruption = Callable[[Pixels, Face], Pixels]

# Eyes, nose and the mouth's corners in FER-2013's frame: YuNet's landmarks on its training images.
EYES = ((0.31, 0.39), (0.69, 0.38))
NOSE = (0.50, 0.58)

# Pixels of the frame's side below which a detector's minimum decides, not the network.
SMALL_SIDE = 36


def low_light(image: Pixels, _face: Face) -> Pixels:
    """A fifth of the light, and the sensor's noise lifted with what is left of it."""
    noise = np.random.default_rng(0).normal(0, 4, image.shape)
    return _bytes((image * 0.2 + noise) * 2)


def backlight(image: Pixels, face: Face) -> Pixels:
    """The face at a third of its light before a background that outshines it."""
    left, top, side = _frame(face)
    centre = (round(left + side / 2), round(top + side / 2))
    inside = np.zeros(image.shape[:2], np.float32)
    cv2.ellipse(inside, centre, (round(0.5 * side), round(0.62 * side)), 0, 0, 360, 1.0, -1)
    inside = cv2.GaussianBlur(inside, (0, 0), max(0.05 * side, 0.5))[..., np.newaxis]
    return _bytes(inside * image * 0.35 + (1 - inside) * (255 - (255 - image) * 0.4))


def blur(image: Pixels, face: Face) -> Pixels:
    """Out of focus: a Gaussian of a 30th of the face."""
    return _bytes(cv2.GaussianBlur(image, (0, 0), max(_frame(face)[2] / 30, 0.5)))


def jpeg(image: Pixels, _face: Face) -> Pixels:
    """JPEG of quality 10."""
    _, encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 10])
    return _bytes(cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1])


def small(image: Pixels, face: Face) -> Pixels:
    """A face of 36 pixels across, enlarged again by whoever keeps the photograph's size."""
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
    left, top, side = _frame(face)
    x, y = round(left + NOSE[0] * side), round(top + NOSE[1] * side)
    reach = max(1, round(0.08 * side))
    skin = image[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
    colour = (skin if skin.size else image).mean((0, 1)) * 0.85
    spoilt = image.copy()
    centre = (round(left + 0.25 * side), round(top + 0.85 * side))
    axes = (round(0.2 * side), round(0.34 * side))
    cv2.ellipse(spoilt, centre, axes, 25, 0, 360, colour.tolist(), -1, cv2.LINE_AA)
    return spoilt


def sunglasses(image: Pixels, face: Face) -> Pixels:
    """Dark lenses over both eyes, and the bridge between them."""
    left, top, side = _frame(face)
    spoilt = image.copy()
    eyes = [(round(left + x * side), round(top + y * side)) for x, y in EYES]
    for eye in eyes:
        axes = (round(0.15 * side), round(0.11 * side))
        cv2.ellipse(spoilt, eye, axes, 0, 0, 360, (25, 25, 25), -1, cv2.LINE_AA)
    cv2.line(spoilt, *eyes, (25, 25, 25), max(1, round(0.03 * side)), cv2.LINE_AA)
    return spoilt


def mask(image: Pixels, face: Face) -> Pixels:
    """Mouth and chin behind a pale blue mask."""
    left, top, side = _frame(face)
    shape = ((0.12, 0.55), (0.5, 0.5), (0.88, 0.55), (0.82, 0.9), (0.5, 1.05), (0.18, 0.9))
    corners = np.array([(left + x * side, top + y * side) for x, y in shape]).round()
    spoilt = image.copy()
    cv2.fillPoly(spoilt, [corners.astype(np.int32)], (165, 200, 220), cv2.LINE_AA)
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


def _bytes(values: npt.NDArray[np.floating] | Pixels) -> Pixels:
    return np.clip(values, 0, 255).round().astype(np.uint8)
