"""An uploaded file to its faces, with the time each stage took."""

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from gradio.utils import get_upload_folder

from emotion import EmotionError, EmotionRecognizer, FacePrediction, ImageError
from emotion.recognize import recognize_timed
from ui.limits import MIB, PICTURE_BYTES
from ui.view import Image


class Photo(NamedTuple):
    """A picture (RGB uint8 (H, W, 3)), the faces in it, and milliseconds by stage."""

    name: str
    image: Image
    predictions: list[FacePrediction]
    ms: dict[str, float]


def read_photo(recognizer: EmotionRecognizer, source: Path | bytes, name: str) -> Photo:
    """Decodes, detects and classifies; raises ImageError."""
    return Photo(name, *recognize_timed(recognizer, source))


def upload_of(payload: dict[str, Any] | None) -> tuple[Path | bytes, str]:
    """The file behind what gr.Image sends with preprocess=False, and the name its owner gave it.

    Gradio's own preprocessing would open the file first, and show its own errors. Raises
    ImageError.
    """
    if not payload:
        raise ImageError("no picture was sent")
    name = payload.get("orig_name")
    if payload.get("path"):
        path = uploaded(Path(payload["path"]))
        # Programs may leave the name out; Gradio calls the file as it was called.
        name = name or path.name
        return _checked(path, name), name
    return data_of(payload.get("url") or ""), name or "picture"


def _checked(path: Path, name: str) -> Path:
    # False too for a name that no file can have.
    if os.path.isfile(path) and path.stat().st_size > PICTURE_BYTES:  # noqa: PTH113
        raise ImageError(f"{name} is larger than {PICTURE_BYTES // MIB} MB")
    return path


def uploaded(path: Path) -> Path:
    """The path, if it lies where Gradio keeps uploads; raises ImageError for any other.

    A program may name a path as it likes, and Gradio checks it only where the answer is marked as
    a file: without this, every picture on the server could be asked for.
    """
    try:
        inside = path.resolve().is_relative_to(Path(get_upload_folder()).resolve())
    except (ValueError, RuntimeError):  # a zero in the name; links in a circle, until Python 3.13
        inside = False
    if not inside:
        raise ImageError("the picture is not one that was uploaded")
    return path


def data_of(uri: str) -> bytes:
    """The bytes of a base64 data URI; raises ImageError if it is none."""
    head, _, body = uri.partition(",")
    if not (head.startswith("data:") and head.endswith(";base64")):
        raise ImageError("the picture is neither a file nor a base64 data URI")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise ImageError("the picture's base64 text is damaged") from error


@contextmanager
def shown_to_visitor() -> Iterator[None]:
    """Turns our own errors into a note on the page, without a trace in the log."""
    try:
        yield
    except EmotionError as error:
        raise gr.Error(str(error), print_exception=False) from error
