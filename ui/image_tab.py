"""The image tab: a picture in; its faces, boxed, named and with seven bars each, out.

The page's script (static/image.js) shows the picture by itself, sends it, and asks `read_picture`.
The server answers in numbers, deletes what was sent, and keeps nothing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from anyio import CapacityLimiter, to_thread

from emotion import LABELS, EmotionError, Face, FacePrediction, ImageError
from emotion.draw import annotate
from emotion.image import load_image
from emotion.recognize import recognize_timed
from emotion.report import COLUMNS, record
from emotion.types import shown
from ui.gallery import thumbnails
from ui.limits import MIB, NAME_CHARACTERS, ORIGINAL_BYTES, PICTURES, SENT_PIXELS, WAITING
from ui.settings import Recognizers, Settings
from ui.uploads import delete_upload, files_named
from ui.view import Image, Json, component, crop_uri, face_view, picture_uri


def image_tab(recognizers: Recognizers) -> gr.HTML:
    """Adds the tab to the Blocks around; its event `fainter` asks for fainter faces."""
    return component(
        "image",
        thumbnails(),
        sends=["fainter"],
        server_functions=[picture_reader(recognizers), marked_picture],
        columns=COLUMNS,
        limits={"pixels": SENT_PIXELS, "original": ORIGINAL_BYTES},
    )


def picture_reader(recognizers: Recognizers) -> Callable[..., Any]:
    """What static/image.js and static/batch.js ask about a picture."""
    at_once = CapacityLimiter(PICTURES["concurrency_limit"])

    async def read_picture(question: Any) -> Json:
        """{upload, name, settings, show} to {record, faces}, or {problem, error}.

        With show, also a picture for browsers that can't read the file. An error is a sentence.
        """
        if at_once.statistics().tasks_waiting >= WAITING:
            return {"problem": "busy", "error": "many people are using this server"}
        question = question if isinstance(question, dict) else {}
        return await to_thread.run_sync(read, question, limiter=at_once)

    def read(question: Json) -> Json:
        upload = question.get("upload")
        name = shown(Path(str(question.get("name"))[-NAME_CHARACTERS:]))
        try:
            recognizer = recognizers.get(Settings.of(question.get("settings")))
            paths = files_named(upload)
            if not paths:
                return {"problem": "no_answer", "error": f"{name} is no longer on the server"}
            if paths[0].stat().st_size > ORIGINAL_BYTES:
                limit = f"{ORIGINAL_BYTES // MIB} MB"
                return {"problem": "too_large", "error": f"{name} is larger than {limit}"}
            image, predictions, ms = recognize_timed(recognizer, paths[0].read_bytes())
        except ImageError as error:
            # Bytes have no name: the sentence begins with "the image".
            sentence = name + str(error).removeprefix("the image")
            return {"problem": "unreadable", "error": sentence}
        except EmotionError as error:
            return {"problem": "other", "error": str(error)}
        finally:
            delete_upload(upload)
        faces = [_face(image, found) for found in predictions]
        picture = {"picture": picture_uri(image)} if question.get("show") else {}
        return {"record": record(name, image.shape, predictions, ms), "faces": faces} | picture

    return read_picture


def _face(image: Image, prediction: FacePrediction) -> Json:
    attention = prediction.attention
    return face_view(prediction) | {
        "crop": crop_uri(image, prediction.face),
        "attention": None if attention is None else attention.round(2).tolist(),
    }


def marked_picture(question: Json) -> Json:
    """{upload, faces} to {picture}, as `emotion --annotate` draws it, or {error}.

    The faces are those that the page shows: a box and probabilities each.
    """
    try:
        image = load_image(files_named(question["upload"])[0])
        faces = [_prediction(face) for face in question["faces"]]
    except EmotionError as error:
        return {"error": str(error)}
    except (IndexError, KeyError, TypeError, ValueError):
        return {"error": "there must be a picture, and faces with a box and probabilities"}
    finally:
        delete_upload(question.get("upload"))
    return {"picture": picture_uri(annotate(image, faces), max(image.shape))}


def _prediction(face: Json) -> FacePrediction:
    x1, y1, x2, y2 = map(float, face["box"])
    probabilities = {label: float(face["probabilities"][label]) for label in LABELS}
    if not np.isfinite([x1, y1, x2, y2, *probabilities.values()]).all():
        raise ValueError
    return FacePrediction(Face((x1, y1, x2, y2), 1.0), probabilities)
