"""What programs call: /predict, /predict_batch and /healthz.

Nothing else has a name, so the API page shows what is meant for programs. With `gradio[mcp]`,
/predict is an MCP tool too; Gradio 6.31 also lists /predict_batch, but can't pass it files.
"""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from emotion import EmotionError, EmotionRecognizer, ImageError
from emotion.recognize import recognize_timed
from emotion.report import record
from ui.limits import PICTURES, PICTURES_AT_ONCE
from ui.photo import name_of, shown_to_visitor, upload_of
from ui.settings import Recognizers, Settings
from ui.view import Json

# In the snippets of the API page: Gradio's own names an address, which is not fetched here.
EXAMPLE = {"path": "photo.jpg", "url": "photo.jpg", "meta": {"_type": "gradio.FileData"}}


def endpoints(recognizers: Recognizers) -> None:
    """Adds /predict and /predict_batch to the Blocks around, without anything visible."""

    def chosen(
        detector: str | None, min_score: float | None, largest: bool | None
    ) -> EmotionRecognizer:
        given = {"detector": detector, "min_score": min_score, "largest": largest}
        return recognizers.get(Settings.of({k: v for k, v in given.items() if v is not None}))

    def predict(
        image: Json | None,
        detector: str | None = None,
        min_score: float | None = None,
        largest: bool | None = None,
    ) -> Json:
        """Find every face in a picture and how likely it shows each of seven expressions.

        The expressions are angry, disgust, fear, happy, sad, surprise and neutral: what a face
        looks like, not what a person feels. The answer is an object with image (the file's name),
        width and height in pixels, faces (the largest first) and ms by stage. A face has a box
        (x1, y1, x2, y2 in pixels), the detector's score, label, confidence, and probabilities,
        which sum to 1.

        Args:
            image: A JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC file.
            detector: What finds the faces: auto, yunet or mtcnn.
            min_score: The lowest score of a face, 0 to 1; by default the detector's own.
            largest: Whether only the largest face counts.
        """
        with shown_to_visitor():
            return _read(chosen(detector, min_score, largest), image)

    def predict_batch(
        images: list[Json] | Json | None,
        detector: str | None = None,
        min_score: float | None = None,
        largest: bool | None = None,
    ) -> list[Json]:
        """Find every face in up to 200 pictures; one that can't be read stops no other.

        The answer is a list in the order of the files: for each what predict answers, or an object
        with image (the file's name) and error (a sentence) if it can't be read.

        Args:
            images: A list of files, or one, each as predict takes it.
            detector: As predict takes it.
            min_score: As predict takes it.
            largest: As predict takes it.
        """
        with shown_to_visitor():
            recognizer = chosen(detector, min_score, largest)
            return [_or_error(recognizer, payload) for payload in _checked(images)]

    _name(predict, gr.Image(visible=False, type="filepath", label="image"), **PICTURES)
    _name(predict_batch, gr.File(visible=False, file_count="multiple", label="images"))


def _name(endpoint: Callable[..., Any], files: gr.Image | gr.File, **limits: Any) -> None:
    """Gives programs the endpoint under its own name; the button is never seen."""
    # The API page's words and snippets; Gradio's own speak of addresses.
    info = files.api_info() | {"additional_description": "A file on your computer."}
    files.api_info = lambda: info  # type: ignore[method-assign]
    files.example_inputs = lambda: EXAMPLE  # type: ignore[method-assign]
    # What is no file is refused here with a sentence, and by Gradio without one.
    files.data_model = None
    options = [
        gr.Dropdown(["auto", "yunet", "mtcnn"], value="auto", visible=False, label="detector"),
        gr.Number(value=None, visible=False, label="min_score"),
        gr.Checkbox(value=False, visible=False, label="largest"),
    ]
    for option in options:
        # Gradio's own example of a number is 3, which is no score.
        option.example_inputs = partial(getattr, option, "value")  # type: ignore[method-assign]
    button, answer = gr.Button(visible=False), gr.JSON(visible=False, label="answer")
    # preprocess=False: Gradio would open the files first, and show its own errors.
    name = endpoint.__name__
    button.click(endpoint, [files, *options], answer, preprocess=False, api_name=name, **limits)


def _read(recognizer: EmotionRecognizer, payload: Json | None) -> Json:
    source, name = upload_of(payload)
    image, predictions, ms = recognize_timed(recognizer, source)
    return record(name, image.shape, predictions, ms)


def _checked(payloads: Any) -> list[Any]:
    if isinstance(payloads, dict):
        return [payloads]
    if not payloads or not isinstance(payloads, list):
        raise ImageError("no pictures were sent")
    if len(payloads) > PICTURES_AT_ONCE:
        raise ImageError(f"{len(payloads)} pictures were sent; the limit is {PICTURES_AT_ONCE}")
    return payloads


def _or_error(recognizer: EmotionRecognizer, payload: Any) -> Json:
    try:
        return _read(recognizer, payload)
    except EmotionError as error:
        return {"image": name_of(payload), "error": str(error)}


def health_route(recognizers: Recognizers) -> Route:
    """GET /healthz: 200 once the model is loaded, with its version and the detector in use."""

    async def healthz(_: Request) -> JSONResponse:
        recognizer = recognizers.default
        version = recognizer.classifier.metadata.get("version")
        detector = recognizer.detector.name
        return JSONResponse({"status": "ok", "model": version, "detector": detector})

    return Route("/healthz", healthz)


def mcp_installed() -> bool:
    """Whether the optional `gradio[mcp]` is there."""
    return find_spec("mcp") is not None
