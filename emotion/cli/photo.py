"""One image file from disk to expressions, with the time that each stage took."""

from typing import NamedTuple

from emotion.cli.inputs import Input
from emotion.image import Pixels
from emotion.recognize import EmotionRecognizer, recognize_timed
from emotion.types import FacePrediction, ImageError


class Photo(NamedTuple):
    """A file, (H, W, 3), its faces, milliseconds by stage, and its RGB uint8 where asked for."""

    source: Input
    shape: tuple[int, ...]
    predictions: list[FacePrediction]
    ms: dict[str, float]
    image: Pixels | None


def read_photo(recognizer: EmotionRecognizer, source: Input, *, keep_image: bool) -> Photo:
    """Decode, detect and classify. Raises ImageError, which names the path as it was typed."""
    try:
        image, predictions, ms = recognize_timed(recognizer, source.path)
        return Photo(source, image.shape, predictions, ms, image if keep_image else None)
    except ImageError as error:
        # Many folders may hold a file of that name.
        sentence = str(error).removeprefix(source.path.name)
        raise ImageError(f"{source.shown}{sentence}") from error
