"""The example pictures beside the image tab's picker: one click each."""

from pathlib import Path
from typing import Any

from emotion import ImageError
from emotion.image import load_image
from ui.limits import THUMBNAIL_SIDE
from ui.view import Json, picture_uri

EXAMPLES = Path(__file__).parent.parent / "examples"

# What each shows; a test compares the drawings with the model's answers.
CAPTIONS = {
    "astronaut": "gallery.astronaut",
    "group": "gallery.group",
    "portrait-1": "labels.happy",
    "portrait-2": "labels.angry",
    "portrait-3": "labels.surprise",
    "portrait-4": "labels.sad",
    "portrait-5": "labels.fear",
    "portrait-6": "labels.disgust",
    "portrait-7": "labels.neutral",
    "portrait-8": "labels.happy",
}


def example_path(name: Any) -> Path:
    """The example called NAME.jpg; raises ImageError for any other name."""
    if not isinstance(name, str) or name not in CAPTIONS:
        raise ImageError("there is no such example")
    return EXAMPLES / f"{name}.jpg"


def thumbnails() -> list[Json]:
    """The examples in order, each with the key of its caption and a small picture."""
    return [
        {
            "name": name,
            "caption": caption,
            "picture": picture_uri(load_image(example_path(name)), THUMBNAIL_SIDE),
        }
        for name, caption in CAPTIONS.items()
    ]
