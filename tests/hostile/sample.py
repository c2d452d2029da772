"""A hostile input, and how the rest of this folder writes one."""

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pillow_heif
from PIL import Image

PORTRAIT = Path(__file__).parents[2] / "examples" / "portrait-1.jpg"

# What Pillow calls the kinds of file that are read, and how such files are named.
SUFFIXES = {
    **{"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "TIFF": "tif"},
    **{"AVIF": "avif", "JPEG2000": "jp2", "PPM": "ppm", "HEIF": "heic"},
}

# What a writer raises where its format can't hold what it was given.
NOT_WRITTEN = (OSError, KeyError, ValueError, RuntimeError)


class Sample(NamedTuple):
    """An input of one class: the content of a file of that name, or an array.

    readable: whether it must end in a picture (True), in a sentence (False), or may in either.
    """

    kind: str
    name: str
    content: bytes | np.ndarray
    readable: bool | None = None


Samples = Iterator[Sample]


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a file of that kind."""
    buffer = io.BytesIO()
    if kind == "HEIF":
        # Its own writer: the plugin's would have to be registered for all tests.
        pillow_heif.from_pillow(image).save(buffer, **options)
    else:
        image.save(buffer, kind, **options)
    return buffer.getvalue()


@cache
def portrait(side: int = 64) -> Image.Image:
    """A face of `examples/`, RGB, square; not to be written to."""
    with Image.open(PORTRAIT) as image:
        return image.convert("RGB").resize((side, side))
