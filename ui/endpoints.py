"""What programs call: /predict, /predict_batch and /healthz.

Nothing else has a name, so that the API page shows what is meant for programs. /predict is an MCP
tool too, where `gradio[mcp]` is installed; Gradio 6.31 lists /predict_batch as one, and can't pass
it files.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from emotion import EmotionError, ImageError
from emotion.report import record
from ui.limits import PICTURES, PICTURES_AT_ONCE
from ui.photo import read_photo, shown_to_visitor, upload_of
from ui.settings import Recognizers
from ui.view import Json


def endpoints(recognizers: Recognizers) -> None:
    """Adds /predict and /predict_batch to the Blocks around, without a part that is seen."""
    recognizer = recognizers.default

    def read(payload: Json) -> Json:
        photo = read_photo(recognizer, *upload_of(payload))
        return record(photo.name, photo.image.shape, photo.predictions, photo.ms)

    def predict(image: Json | None) -> Json:
        """Find every face in a picture, and how likely it shows each of seven expressions.

        The expressions are angry, disgust, fear, happy, sad, surprise and neutral: what a face
        looks like, not what a person feels. The answer is an object with image (the file's name),
        width and height in pixels, faces, the largest first, and ms by stage. A face has a box
        (x1, y1, x2, y2 in pixels), the detector's score, label, confidence, and probabilities,
        which sum to 1.

        Args:
            image: A JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC file of 10 MB at most.
        """
        with shown_to_visitor():
            return read(image or {})

    def predict_batch(images: list[Json] | None) -> list[Json]:
        """Find every face in up to 200 pictures; one that can't be read stops no other.

        The answer is a list in the order of the files: each is what predict answers, or an object
        with image (the file's name) and error (a sentence) for one that can't be read.

        Args:
            images: The files, each as predict takes it.
        """
        with shown_to_visitor():
            return [_or_error(read, payload) for payload in _checked(images)]

    _name(predict, gr.Image(visible=False, type="filepath"), **PICTURES)
    _name(predict_batch, gr.File(visible=False, file_count="multiple"))


def _name(endpoint: Callable[..., Any], files: gr.Image | gr.File, **limits: Any) -> None:
    """Gives programs the endpoint under its own name; the button is never seen."""
    button, answer = gr.Button(visible=False), gr.JSON(visible=False, label="answer")
    # preprocess=False: Gradio would open the files first, and show its own errors.
    name = endpoint.__name__
    button.click(endpoint, files, answer, preprocess=False, api_name=name, **limits)


def _checked(payloads: list[Json] | None) -> list[Json]:
    if not payloads:
        raise ImageError("no pictures were sent")
    if len(payloads) > PICTURES_AT_ONCE:
        raise ImageError(
            f"{len(payloads)} pictures were sent, and {PICTURES_AT_ONCE} at most are read at once"
        )
    return payloads


def _or_error(read: Callable[[Json], Json], payload: Json) -> Json:
    try:
        return read(payload)
    except EmotionError as error:
        name = payload.get("orig_name") or Path(payload.get("path") or "picture").name
        return {"image": name, "error": str(error)}


def health_route(recognizers: Recognizers) -> Route:
    """GET /healthz: 200 once the model is loaded, and which one it is."""
    recognizer = recognizers.default
    answer = {
        "status": "ok",
        "model": recognizer.classifier.metadata.get("version"),
        "detector": recognizer.detector.name,
    }

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse(answer)

    return Route("/healthz", healthz)


def mcp_installed() -> bool:
    """Whether `gradio[mcp]` is there, which is optional."""
    return find_spec("mcp") is not None
