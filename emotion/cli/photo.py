"""One image file from disk to expressions, with the time that each stage took."""

import time
from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar

from emotion.cli.inputs import Input
from emotion.image import Pixels, Source, load_image
from emotion.recognize import EmotionRecognizer
from emotion.types import FacePrediction, ImageError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


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


def recognize_timed(
    recognizer: EmotionRecognizer, source: Source
) -> tuple[Pixels, list[FacePrediction], dict[str, float]]:
    """The image, RGB uint8 (H, W, 3), its faces, and the milliseconds of decode, detect, classify.

    Raises ImageError.
    """
    image, decode = _timed(load_image, source)
    faces, detect = _timed(recognizer.detect, image)
    predictions, classify = _timed(recognizer.classify, image, faces)
    return image, predictions, {"decode": decode, "detect": detect, "classify": classify}


def _timed(
    stage: Callable[Arguments, Result], *arguments: Arguments.args, **options: Arguments.kwargs
) -> tuple[Result, float]:
    start = time.perf_counter()
    result = stage(*arguments, **options)
    return result, 1000 * (time.perf_counter() - start)
