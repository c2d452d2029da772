"""Faces marked on pictures: a box each, and a caption that hides no face where there is room."""

from collections import Counter
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from emotion.image import Pixels
from emotion.types import LABELS, Box, FacePrediction

Colour = tuple[int, int, int]
# left, top, right, bottom in whole pixels, the last two included.
Rectangle = tuple[int, int, int, int]
Rectangles = npt.NDArray[np.int64]

# RGB of each expression. Found by a search for the seven that differ most in OKLab, also to people
# who see no red, green or blue (Machado et al. 2009), each with a contrast of 3 to 1 or more with
# white and with #0b0f19, the page's dark background.
COLOURS: dict[str, Colour] = {
    "angry": (212, 3, 0),
    "disgust": (45, 114, 77),
    "fear": (165, 34, 246),
    "happy": (209, 126, 0),
    "sad": (98, 105, 175),
    "surprise": (14, 161, 198),
    "neutral": (142, 134, 128),
}

# Rubik, which is part of OpenCV 5: also letters with accents. Its threads share a cache: of 24,000
# texts drawn by eight at once, 12 were wrong.
FONT, WEIGHT, FONT_LOCK = cv2.FontFace("sans"), 500, Lock()

# Height of text: a share of the face's, within shares of the picture's longer side that are legible
# where the whole picture fills a screen, and never less than MIN_TEXT pixels.
FACE_SHARE, SMALL_SHARE, LARGE_SHARE, MIN_TEXT = 1 / 6, 1 / 75, 1 / 36, 11
# The same for a number alone.
NUMBER_SHARE, MIN_NUMBER = 0.4, 8

# Space around a face that a caption of another leaves free if it can, as a share of the face's
# height: it shows whose caption it is.
MARGIN = 1 / 5

# From so many faces on, one without room for words gets its number instead.
CROWD = 7
# If more than this share do, all get numbers, and the picture a legend.
MAX_NUMBERED = 1 / 4


def hex_colour(colour: Colour) -> str:
    """The colour as CSS writes it: #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def text_colour(background: Colour) -> Colour:
    """Black or white, whichever reads better: a contrast of 4.5 to 1 or more (WCAG 2.2, AA)."""
    # 0.179 is where black and white contrast alike: (L + 0.05)² = 1.05 * 0.05.
    return (0, 0, 0) if luminance(background) > 0.179 else (255, 255, 255)


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    shares = [channel / 255 for channel in colour]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


class _Plate(NamedTuple):
    """Text on a coloured ground, not placed yet; base is the baseline's distance from the top."""

    text: str
    size: int
    padding: int
    base: int
    size_wh: tuple[int, int]


def is_uncertain(prediction: FacePrediction, below: float) -> bool:
    """As a reader compares the two: in whole per cent."""
    return round(prediction.confidence, 2) < below


def annotate(
    image: Pixels,
    predictions: Sequence[FacePrediction],
    *,
    names: Mapping[str, str] | None = None,
    numbers: Sequence[int] | None = None,
    uncertain_below: float = 0.0,
) -> Pixels:
    """A copy of RGB uint8 (H, W, 3) with each face boxed and captioned: `happy 97%`.

    names: what to call each label, in another language say. numbers: shown before the names. A face
    whose confidence is less than uncertain_below reads `happy? 40%`. In a crowd, faces too close
    for words get their number, from 1 on in the order of `predictions`, and the colours a legend.
    """
    picture = image.copy()
    if not predictions:
        return picture
    height, width = image.shape[:2]
    names = names or {label: label for label in LABELS}
    boxes = [_within(prediction.face.box, width, height) for prediction in predictions]
    colours = [COLOURS[prediction.label] for prediction in predictions]
    captions = [
        f"{names[one.label]}{'?' * is_uncertain(one, uncertain_below)} {one.confidence:.0%}"
        for one in predictions
    ]
    if numbers is not None:
        captions = [f"{number} {text}" for number, text in zip(numbers, captions, strict=True)]
    shorts = list(map(str, numbers or range(1, len(predictions) + 1)))
    plates = [_words(*each, width, height) for each in zip(captions, boxes, strict=True)]
    places, crammed = _arranged(plates, boxes, (width, height))
    thinned = False
    if len(predictions) >= CROWD and any(crammed):
        thinned = sum(crammed) > MAX_NUMBERED * len(crammed)
        for index, (short, box) in enumerate(zip(shorts, boxes, strict=True)):
            if thinned or crammed[index]:
                plates[index] = _number(short, box, max(width, height))
        places, _ = _arranged(plates, boxes, (width, height))
    for box, colour in zip(boxes, colours, strict=True):
        _draw_box(picture, box, colour)
    # After all boxes: no line crosses a caption.
    for plate, place, colour in zip(plates, places, colours, strict=True):
        _draw_plate(picture, plate, place, colour)
    if thinned:
        counts = Counter(prediction.label for prediction in predictions)
        _draw_legend(picture, counts, names, np.array([*boxes, *places]))
    return picture


def _within(box: Box, width: int, height: int) -> Rectangle:
    """The box in whole pixels, cut off at the picture's edge; never turned inside out."""
    left, right = (round(min(max(x, 0), width - 1)) for x in box[::2])
    top, bottom = (round(min(max(y, 0), height - 1)) for y in box[1::2])
    return left, top, max(left, right), max(top, bottom)


def _words(text: str, box: Rectangle, width: int, height: int) -> _Plate:
    longest = max(width, height)
    smallest, largest = (max(MIN_TEXT, longest * share) for share in (SMALL_SHARE, LARGE_SHARE))
    plate = _plate(text, min(max(smallest, (box[3] - box[1]) * FACE_SHARE), largest))
    too_wide = plate.size_wh[0] / width
    return plate if too_wide <= 1 else _plate(text, max(MIN_NUMBER, plate.size / too_wide))


def _number(text: str, box: Rectangle, longest: int) -> _Plate:
    largest = max(MIN_TEXT, longest * SMALL_SHARE)
    return _plate(text, min(max(MIN_NUMBER, (box[3] - box[1]) * NUMBER_SHARE), largest))


def _plate(text: str, height: float) -> _Plate:
    size = int(height)
    padding = max(1, round(size / 5))
    with FONT_LOCK:
        # Without letters that reach below the line, so that all plates are of a height.
        _, top, _, high = cv2.getTextSize((0, 0), "hg", (0, 0), FONT, size, WEIGHT)
        wide = cv2.getTextSize((0, 0), text, (0, 0), FONT, size, WEIGHT)[2]
    return _Plate(text, size, padding, padding - top, (wide + 2 * padding, high + 2 * padding))


def _arranged(
    plates: Sequence[_Plate], boxes: Sequence[Rectangle], picture_wh: tuple[int, int]
) -> tuple[list[Rectangle], list[bool]]:
    """Where each plate goes, and whether there was no room for it."""
    faces = np.array(boxes)
    margins = np.outer(faces[:, 3] - faces[:, 1], np.array([-1, -1, 1, 1]) * MARGIN).astype(int)
    places: list[Rectangles] = []
    crammed: list[bool] = []
    for index, plate in enumerate(plates):
        around = _around(boxes[index], plate.size_wh, picture_wh)
        taken = np.vstack([faces, *places])
        near = faces + margins
        near[index] = faces[index]
        shared = 10 * _shared(around, taken) + _shared(around, near)
        best = int(shared.argmin())
        places.append(around[best])
        crammed.append(bool(shared[best]))
    return [(int(a), int(b), int(c), int(d)) for a, b, c, d in places], crammed


def _around(box: Rectangle, plate_wh: tuple[int, int], picture_wh: tuple[int, int]) -> Rectangles:
    """(12, 4): places beside a box and inside the picture, the best first."""
    (left, top, right, bottom), (width, height) = box, plate_wh
    middle = (left + right - width) // 2
    corners = [
        (x, y) for y in (top - height, bottom + 1) for x in (left, middle, right - width + 1)
    ]
    corners += [(x, y) for x in (right + 1, left - width) for y in (top, bottom - height + 1)]
    # Inside the box: on the hair, or on the chin.
    corners += [(left, top), (left, bottom - height + 1)]
    most = np.maximum(0, np.subtract(picture_wh, plate_wh))
    inside = np.clip(corners, 0, most)
    return np.hstack([inside, inside + plate_wh - 1])


def _shared(places: Rectangles, taken: Rectangles) -> npt.NDArray[np.int64]:
    """Pixels that each place (P, 4) shares with all that is taken (T, 4)."""
    lows = np.maximum(places[:, None, :2], taken[None, :, :2])
    highs = np.minimum(places[:, None, 2:], taken[None, :, 2:])
    sides: npt.NDArray[np.int64] = np.maximum(0, highs - lows + 1)
    return np.asarray(sides.prod(axis=2).sum(axis=1), np.int64)


def _draw_box(picture: Pixels, box: Rectangle, colour: Colour) -> None:
    left, top, right, bottom = box
    line = max(1, round((bottom - top) / 40), round(max(picture.shape) / 700))
    # A dark line around, so that it shows on its own colour too.
    for width, shade in ((line + 2, (0, 0, 0)), (line, colour)):
        cv2.rectangle(picture, (left, top), (right, bottom), shade, width)


def _draw_plate(picture: Pixels, plate: _Plate, place: Rectangle, colour: Colour) -> None:
    left, top, right, bottom = place
    cv2.rectangle(picture, (left, top), (right, bottom), colour, cv2.FILLED)
    start = (left + plate.padding, top + plate.base)
    with FONT_LOCK:
        cv2.putText(picture, plate.text, start, text_colour(colour), FONT, plate.size, WEIGHT)


def _draw_legend(
    picture: Pixels, counts: Counter[str], names: Mapping[str, str], taken: Rectangles
) -> None:
    """One row of expressions and their counts, in a corner where it hides nothing, if there is."""
    height, width = picture.shape[:2]
    size = max(MIN_TEXT, max(width, height) * SMALL_SHARE)
    plates = [_plate(f"{names[label]} {count}", size) for label, count in counts.most_common()]
    wide, high = sum(plate.size_wh[0] for plate in plates), plates[0].size_wh[1]
    lefts, tops = (0, width - wide, (width - wide) // 2), (height - high, 0)
    corners = [(x, y) for y in tops for x in lefts]
    hides = _shared(np.array([(x, y, x + wide - 1, y + high - 1) for x, y in corners]), taken)
    if wide > width or hides.min() > 0:
        return
    x, y = corners[hides.argmin()]
    for plate, (label, _) in zip(plates, counts.most_common(), strict=True):
        right = x + plate.size_wh[0]
        _draw_plate(picture, plate, (x, y, right - 1, y + high - 1), COLOURS[label])
        x = right
