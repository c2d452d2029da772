"""Boxes and labels on pictures."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from emotion.image import Pixels
from emotion.types import LABELS, Box, FacePrediction

# One colour an expression, in the order of LABELS: Okabe and Ito (2008), told apart with any
# colour vision, and a grey for neutral.
COLOURS = dict(
    zip(
        LABELS,
        ("#d55e00", "#009e73", "#cc79a7", "#f0e442", "#0072b2", "#56b4e9", "#999999"),
        strict=True,
    )
)

# Pixels of text for each of the picture's longer side: legible where the whole is on a screen.
TEXT_SHARE = 1 / 36
MIN_TEXT, SMALLEST_TEXT = 13, 7
# Of the text's size.
LINE_SHARE, PADDING_SHARE = 1 / 6, 1 / 4

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# left, top, right, bottom in whole pixels, the last two included.
Rectangle = tuple[int, int, int, int]


def annotate(
    image: Pixels,
    predictions: Sequence[FacePrediction],
    captions: Sequence[str] | None = None,
) -> Pixels:
    """A copy of RGB uint8 (H, W, 3) with each face boxed and named: `happy 0.97`, or its caption.

    A label stands above or below its box, where it hides least of other faces and labels, and
    never leaves the picture.
    """
    picture = Image.fromarray(image)
    canvas = ImageDraw.Draw(picture)
    size = max(MIN_TEXT, round(max(image.shape[:2]) * TEXT_SHARE))
    boxes = [_within(prediction.face.box, *picture.size) for prediction in predictions]
    for prediction, box in zip(predictions, boxes, strict=True):
        _draw_box(canvas, box, COLOURS[prediction.label], max(1, round(size * LINE_SHARE)))
    texts = map(caption_of, predictions) if captions is None else captions
    # After all boxes: no line crosses a name.
    taken = list(boxes)
    for prediction, text, box in zip(predictions, texts, boxes, strict=True):
        colour = COLOURS[prediction.label]
        taken.append(_draw_label(canvas, text, box, taken, size=size, colour=colour))
    return np.array(picture)


def caption_of(prediction: FacePrediction) -> str:
    """What a label says: `happy 0.97`."""
    return f"{prediction.label} {prediction.confidence:.2f}"


def text_colour(background: str) -> str:
    """Black or white, whichever reads better on #rrggbb: a contrast of 4.5 or more (WCAG, AA)."""
    # 0.179 is where black and white contrast alike: (L + 0.05)² = 1.05 * 0.05.
    return "#000000" if luminance(background) > 0.179 else "#ffffff"


def luminance(colour: str) -> float:
    """The relative luminance of #rrggbb, 0 to 1 (WCAG 2.2)."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _within(box: Box, width: int, height: int) -> Rectangle:
    """The box in whole pixels, cut off at the picture's edge; never turned inside out."""
    left, right = (round(min(max(x, 0), width - 1)) for x in box[::2])
    top, bottom = (round(min(max(y, 0), height - 1)) for y in box[1::2])
    return left, top, max(left, right), max(top, bottom)


def _draw_box(canvas: ImageDraw.ImageDraw, box: Rectangle, colour: str, line: int) -> None:
    left, top, right, bottom = box
    # Black around the colour, so that it shows on its own colour too.
    canvas.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline="black", width=line + 2)
    canvas.rectangle(box, outline=colour, width=line)


def _draw_label(
    canvas: ImageDraw.ImageDraw,
    text: str,
    box: Rectangle,
    taken: Sequence[Rectangle],
    *,
    size: int,
    colour: str,
) -> Rectangle:
    """Draws the label, and says where."""
    picture_wh = canvas.im.size
    font, plate_wh, padding = _fitting(text, size, picture_wh[0])
    places = _places(box, plate_wh, picture_wh)
    plate = min(places, key=lambda place: sum(_shared(place, other) for other in taken))
    canvas.rectangle(plate, fill=colour)
    corner = (plate[0] + padding, plate[1] + padding)
    canvas.text(corner, text, fill=text_colour(colour), font=font)
    return plate


def _fitting(text: str, size: int, width: int) -> tuple[Font, tuple[int, int], int]:
    """The font, at most `size`, whose plate fits into `width`; the plate; its padding."""
    while True:
        font, padding = _font(size), round(size * PADDING_SHARE)
        _, _, right, bottom = font.getbbox(text)
        plate_wh = (round(right) + 2 * padding, round(bottom) + 2 * padding)
        if plate_wh[0] <= width or size <= SMALLEST_TEXT:
            return font, plate_wh, padding
        size = max(SMALLEST_TEXT, min(size - 1, size * width // plate_wh[0]))


def _places(
    box: Rectangle, plate_wh: tuple[int, int], picture_wh: tuple[int, int]
) -> list[Rectangle]:
    """Where a label may stand, the best first: above or below, level with the left or right."""
    left, top, right, bottom = box
    width, height = plate_wh
    places = []
    for y in (top - height, bottom + 1):
        for x in (left, right - width + 1):
            inside_x = max(0, min(x, picture_wh[0] - width))
            inside_y = max(0, min(y, picture_wh[1] - height))
            places.append((inside_x, inside_y, inside_x + width - 1, inside_y + height - 1))
    return places


def _shared(a: Rectangle, b: Rectangle) -> int:
    """Pixels that two rectangles share."""
    width = min(a[2], b[2]) - max(a[0], b[0]) + 1
    height = min(a[3], b[3]) - max(a[1], b[1]) + 1
    return max(0, width) * max(0, height)


@lru_cache(maxsize=32)
def _font(size: int) -> Font:
    return ImageFont.load_default(size)
