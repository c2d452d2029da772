"""Draws the example portraits: `python -m examples.draw` writes them beside this file.

Nobody sat for them. Each face is a relief under a lamp, moved by the muscles of one expression;
the same seed draws the same picture.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from examples.canvas import OVERSAMPLE, Canvas, finish, linear, step
from examples.face import Sitter, paint_skin
from examples.features import Mouth, paint_brows, paint_eyes, paint_mouth
from examples.hair import paint_clothes
from examples.people import HAPPY, NEUTRAL, PEOPLE, SAD, SURPRISED

FOLDER = Path(__file__).parent
SIZE = 512
QUALITY = 90


def backdrop(width, height, colour):
    """A wall, brighter behind the face; linear float32 at working size."""
    high, wide = height * OVERSAMPLE, width * OVERSAMPLE
    down, right = np.mgrid[:high, :wide].astype(np.float32)
    far = np.hypot(right / wide - 0.42, down / high - 0.35)
    return linear(colour) * (1.25 - 0.9 * step(far, 0.0, 0.95))[..., None]


def paint_person(canvas, person, rng):
    """From back to front."""
    sitter = Sitter(person.looks, person.face, rng)
    mouth = Mouth(person.looks, person.face)
    for style in person.behind:
        style(canvas, sitter)
    paint_skin(canvas, sitter, mouth.relief(canvas))
    paint_clothes(canvas, person.clothes, person.neckline, rng)
    paint_mouth(canvas, sitter, mouth)
    paint_eyes(canvas, sitter)
    paint_brows(canvas, sitter)
    for style in person.before:
        style(canvas, sitter)


def portrait(name):
    """One of PEOPLE as RGB uint8 (512, 512, 3)."""
    person = PEOPLE[name]
    rng = np.random.default_rng(sum(name.encode()))
    rgb = backdrop(SIZE, SIZE, person.backdrop)
    paint_person(Canvas(rgb, 256, person.y, 110, person.tilt), person, rng)
    return finish(rgb, rng)


# Who stands where in the group, from left to right: expression, x, y; those behind come first.
GROUP_WIDTH, GROUP_HEIGHT, GROUP_SCALE = 960, 480, 72
GROUP = (
    ("portrait-7", NEUTRAL, 372, 206),
    ("portrait-5", SURPRISED, 604, 196),
    ("portrait-8", HAPPY, 146, 232),
    ("portrait-4", SAD, 826, 226),
)


def group():
    """Four of the people in one picture, RGB uint8 (480, 960, 3)."""
    rng = np.random.default_rng(4)
    rgb = backdrop(GROUP_WIDTH, GROUP_HEIGHT, (150, 158, 166))
    for name, face, x, y in GROUP:
        # Only the strip that this person fills.
        left = max(0, x - 3 * GROUP_SCALE)
        strip = rgb[:, OVERSAMPLE * left : OVERSAMPLE * (x + 3 * GROUP_SCALE)]
        paint_person(Canvas(strip, x - left, y, GROUP_SCALE), replace(PEOPLE[name], face=face), rng)
    return finish(rgb, rng)


def save(name, picture):
    """Write a picture as JPEG beside this file."""
    Image.fromarray(picture).save(FOLDER / f"{name}.jpg", quality=QUALITY)


def main():
    for name in PEOPLE:
        save(name, portrait(name))
    save("group", group())


if __name__ == "__main__":
    main()
