"""The files that programs send."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr

from emotion import EmotionError, ImageError
from ui.limits import MIB, PICTURE_BYTES
from ui.security import uploaded


def upload_of(payload: Any) -> tuple[Path | bytes, str]:
    """The file behind what gr.Image sends with preprocess=False, and the name its owner gave it.

    Gradio's own preprocessing would open the file first, and show its own errors. Raises
    ImageError.
    """
    if not payload or not isinstance(payload, dict):
        raise ImageError("no picture was sent")
    name = name_of(payload)
    if not payload.get("path"):
        return data_of(str(payload.get("url"))), name
    path = uploaded(payload["path"])
    if path.is_file() and path.stat().st_size > PICTURE_BYTES:
        raise ImageError(f"{name} is larger than {PICTURE_BYTES // MIB} MB")
    return path, name


def name_of(payload: Any) -> str:
    """The name of a file that was sent; programs may leave it out, and send anything for it."""
    file = payload if isinstance(payload, dict) else {}
    # Gradio stores an upload under its name.
    return str(file.get("orig_name") or Path(str(file.get("path") or "picture")).name)


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
