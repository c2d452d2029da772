"""The example pictures beside the image tab's picker: one click each."""

from pathlib import Path

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


def thumbnails() -> list[Json]:
    """The examples in order, each with the key of its caption and a small picture."""
    return [
        {
            "name": name,
            "caption": caption,
            "picture": picture_uri(load_image(EXAMPLES / f"{name}.jpg"), THUMBNAIL_SIDE),
        }
        for name, caption in CAPTIONS.items()
    ]
