"""The image tab: a picture in; its faces, boxed, named and with seven bars each, out.

The page's script (static/image.js) shows the picture by itself, sends it, and asks `read_picture`.
The server answers in numbers, deletes what was sent, and keeps nothing.
"""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from anyio import CapacityLimiter, to_thread

from emotion import LABELS, EmotionError, Face, FacePrediction, ImageError
from emotion.crop import frame_of, turn_of
from emotion.draw import annotate
from emotion.image import load_image
from emotion.report import COLUMNS, record, rows
from ui.gallery import example_path, thumbnails
from ui.limits import MIB, NAME_CHARACTERS, ORIGINAL_BYTES, PICTURES, SENT_PIXELS, WAITING
from ui.photo import Photo, read_photo
from ui.settings import Recognizers, Settings
from ui.uploads import delete_upload, files_named
from ui.view import Json, component, face_view, picture_uri


def image_tab(recognizers: Recognizers) -> gr.HTML:
    """Adds the tab to the Blocks around; its event `fainter` asks for fainter faces."""
    return component(
        "image",
        thumbnails(),
        sends=["fainter"],
        server_functions=[picture_reader(recognizers), marked_picture],
        limits={"pixels": SENT_PIXELS, "original": ORIGINAL_BYTES},
    )


def picture_reader(recognizers: Recognizers) -> Callable[..., Any]:
    """What static/image.js asks about a picture."""
    at_once = CapacityLimiter(PICTURES["concurrency_limit"])

    async def read_picture(question: Json) -> Json:
        """{upload or example, name, settings, show} to a view of the picture, or {error}."""
        if at_once.statistics().tasks_waiting >= WAITING:
            return {"error": "busy"}
        return await to_thread.run_sync(read, question, limiter=at_once)

    def read(question: Json) -> Json:
        try:
            recognizer = recognizers.get(Settings.of(question.get("settings")))
            with _source(question) as (path, name):
                photo = read_photo(recognizer, path, name)
        except ImageError as error:
            return {"error": "too_large" if "larger than" in str(error) else "unreadable"}
        except EmotionError as error:
            return {"error": "other", "reason": str(error)}
        picture = {"picture": picture_uri(photo.image)} if question.get("show") else {}
        return photo_view(photo) | picture

    return read_picture


def marked_picture(question: Json) -> Json:
    """{upload or example, faces} to the picture as `emotion --annotate` draws it, or {error}.

    The faces are those that the page shows: a box and probabilities each.
    """
    try:
        with _source(question) as (path, _):
            image = load_image(path)
        faces = [_prediction(face) for face in question["faces"]]
    except EmotionError as error:
        return {"error": str(error)}
    except (KeyError, TypeError, ValueError):
        return {"error": "the faces must each have a box and probabilities"}
    return {"picture": picture_uri(annotate(image, faces), max(image.shape))}


def _prediction(face: Json) -> FacePrediction:
    x1, y1, x2, y2 = map(float, face["box"])
    probabilities = {label: float(face["probabilities"][label]) for label in LABELS}
    if not np.isfinite([x1, y1, x2, y2, *probabilities.values()]).all():
        raise ValueError
    return FacePrediction(Face((x1, y1, x2, y2), 1.0), probabilities)


@contextmanager
def _source(question: Json) -> Iterator[tuple[Path, str]]:
    """The file that a question is about, and its name; what was sent is deleted afterwards."""
    if "example" in question:
        path = example_path(question["example"])
        yield path, path.name
        return
    paths, name = files_named(question.get("upload")), str(question.get("name"))[-NAME_CHARACTERS:]
    if not paths:
        raise ImageError("the picture is not one that was sent here")
    try:
        if paths[0].stat().st_size > ORIGINAL_BYTES:
            raise ImageError(f"{name} is larger than {ORIGINAL_BYTES // MIB} MB")
        yield paths[0], name
    finally:
        delete_upload(question["upload"])


def photo_view(photo: Photo) -> Json:
    """A picture's faces as static/image.js reads them."""
    height, width = photo.image.shape[:2]
    table = io.StringIO()
    csv.writer(table).writerows([COLUMNS, *rows(photo.name, photo.predictions)])
    return {
        "width": width,
        "height": height,
        "faces": [_face(prediction) for prediction in photo.predictions],
        "ms": round(sum(photo.ms.values())),
        "record": record(photo.name, photo.image.shape, photo.predictions, photo.ms),
        "csv": table.getvalue(),
    }


def _face(prediction: FacePrediction) -> Json:
    attention = prediction.attention
    return face_view(prediction) | {
        # The square that the model was shown.
        "frame": [round(edge, 1) for edge in frame_of(prediction.face.box)],
        "turn": turn_of(prediction.face),
        "attention": None if attention is None else attention.round(2).tolist(),
    }
