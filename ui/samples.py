"""A clip to try, made from the example pictures."""

import base64
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from emotion.image import Pixels, load_image
from emotion.video.annotating import open_annotated
from ui.gallery import CAPTIONS, EXAMPLES
from ui.view import Json

# The clip: a square, slowly zooming in on one face after another.
SIDE, SECONDS_EACH, FPS, ZOOM = 320, 1.6, 10, 0.25


def sample_clip(_: Any) -> Json:
    """An mp4 as {name, data}, where data is base64; made on the first call."""
    return _sample_clip()


@cache
def _sample_clip() -> Json:
    with TemporaryDirectory() as folder:
        path = Path(folder, "sample.mp4")
        with open_annotated(path, (SIDE, SIDE)) as write:
            for number, name in enumerate(CAPTIONS):
                picture = load_image(EXAMPLES / f"{name}.jpg")
                for step in range(round(SECONDS_EACH * FPS)):
                    seconds = number * SECONDS_EACH + step / FPS
                    write(_zoomed(picture, step / FPS / SECONDS_EACH), seconds)
        data = base64.b64encode(path.read_bytes()).decode("ascii")
    return {"name": path.name, "data": data}


def _zoomed(picture: Pixels, share: float) -> Pixels:
    """The middle of RGB uint8 (H, W, 3), SIDE wide, enlarged by a share (0 to 1) of ZOOM."""
    height, width = picture.shape[:2]
    side = round(min(height, width) * (1 - ZOOM * share))
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    return cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8)
