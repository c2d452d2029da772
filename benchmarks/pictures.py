"""The pictures to be timed, made from examples/."""

from pathlib import Path

import cv2
import numpy as np

from emotion.image import Pixels, load_image

EXAMPLES = Path(__file__).parents[1] / "examples"
ASTRONAUT = EXAMPLES / "astronaut.jpg"

# Twelve faces: 640x480 each, four in a row.
GROUP_ROWS, GROUP_COLUMNS = 3, 4


def one_face(width: int, height: int) -> Pixels:
    """The astronaut as high as the picture, on grey: RGB uint8 (height, width, 3)."""
    picture = np.full((height, width, 3), 128, np.uint8)
    face = cv2.resize(load_image(ASTRONAUT), (height, height), interpolation=cv2.INTER_AREA)
    left = (width - height) // 2
    picture[:, left : left + height] = face
    return picture


def group() -> Pixels:
    """Twelve faces, RGB uint8 (1440, 2560, 3)."""
    row = np.hstack([one_face(640, 480)] * GROUP_COLUMNS)
    return np.vstack([row] * GROUP_ROWS)


def no_face() -> Pixels:
    """Soft noise, RGB uint8 (480, 640, 3): something to look at, and nobody."""
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 5).astype(np.uint8)


def save_all(folder: Path) -> dict[str, Path]:
    """JPEG files of the four, by name."""
    pictures = {
        "640x480, one face": one_face(640, 480),
        "1920x1080, one face": one_face(1920, 1080),
        "2560x1440, twelve faces": group(),
        "640x480, no face": no_face(),
    }
    paths = {}
    for name, picture in pictures.items():
        path = folder / f"{name.replace(', ', '-').replace(' ', '-')}.jpg"
        cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        paths[name] = path
    return paths
