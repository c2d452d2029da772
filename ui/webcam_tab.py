"""The webcam tab: frames come as text, numbers go back, and nothing touches the disk.

The page's own script drives the camera (static/webcam.js) and asks `recognize_frame` for each
frame, two on their way at most. gr.Image's streaming is not used: it can't say why a camera is
refused, choose one, or mirror it.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import gradio as gr

from emotion import EmotionError, FacePrediction, ImageError
from emotion.draw import COLOURS, hex_colour
from emotion.image import load_image
from emotion.video import TrackedFace
from ui.photo import data_of
from ui.settings import Recognizers, Settings, SettingsError
from ui.view import Json, face_view, old_script, static
from ui.visitors import Places, Visitors

# A 640x480 JPEG has about 60,000 characters; ten times that is no webcam frame.
FRAME_CHARACTERS = 600_000

# The page makes up a UUID.
NAME_CHARACTERS = 36

# Seconds; with more, a face that laughs is shown as neutral until it is neutral again.
MAX_SMOOTHING = 2.0


@dataclass(frozen=True, slots=True)
class Question:
    """A visitor's frame, the bytes of an image file, and what they chose."""

    visitor: str
    frame: bytes
    smoothing: float
    settings: Settings

    @classmethod
    def of(cls, value: Any) -> "Question":
        """The question in what the page sends.

        Raises ImageError or SettingsError: the value comes from a client, and can be anything.
        """
        if not isinstance(value, Mapping):
            raise SettingsError("a frame must come in an object")
        return cls(
            visitor=_name(value.get("visitor")),
            frame=_frame(value.get("frame")),
            smoothing=_smoothing(value.get("smoothing", 0.5)),
            settings=Settings.of(value.get("settings")),
        )


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= NAME_CHARACTERS:
        raise SettingsError(f"a visitor must be a text of 1 to {NAME_CHARACTERS} characters")
    return value


def _frame(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ImageError("there is no frame")
    if len(value) > FRAME_CHARACTERS:
        raise ImageError("the frame is larger than a webcam's")
    return data_of(value)


def _smoothing(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingsError(f"smoothing must be a number of seconds, but is {value!r:.40}")
    if not 0 <= value <= MAX_SMOOTHING:
        raise SettingsError(f"smoothing must lie between 0 and {MAX_SMOOTHING:g}, but is {value}")
    return float(value)


def frame_answers(recognizers: Recognizers) -> Callable[[Any], Json]:
    """What static/webcam.js asks for each frame, with the memory of who is who."""
    visitors, places, lock = Visitors(), Places(), Lock()

    def follow(
        question: Question, predictions: list[FacePrediction], seconds: float
    ) -> list[TrackedFace]:
        # Two frames of one visitor can be here at once: a tracker takes one after the other.
        with lock:
            tracker = visitors.tracker(question.visitor)
            tracker.smoothing = question.smoothing
            return tracker.update(predictions, seconds)

    def answer(question: Question, start: float) -> Json:
        recognizer = recognizers.get(question.settings)
        tracked = follow(question, recognizer.recognize(load_image(question.frame)), start)
        below = question.settings.uncertain_below
        faces = [face_view(face.prediction, below) | {"id": face.id} for face in tracked]
        return {"faces": faces, "ms": round(1000 * (time.perf_counter() - start), 1)}

    def recognize_frame(value: Any) -> Json:
        """A `Question` to {faces, ms, pause}, or {error}; without a place, to {busy, pause}.

        pause is how many seconds after this one the next is welcome.
        """
        start = time.perf_counter()
        try:
            question = Question.of(value)
            with places.place(question.visitor) as place:
                said = answer(question, start) if place.free else {"busy": True}
            return said | {"pause": round(place.pause, 3)}
        except EmotionError as error:
            return {"error": str(error)}

    return recognize_frame


def webcam_tab(recognizers: Recognizers) -> None:
    """Adds the tab's parts to the Blocks around; the script sends the settings with each frame."""
    gr.HTML(
        {"colours": {label: hex_colour(colour) for label, colour in COLOURS.items()}},
        html_template=static("webcam.html"),
        js_on_load=old_script(static("webcam_chart.js") + static("webcam.js")),
        server_functions=[frame_answers(recognizers)],
        apply_default_css=False,
        elem_id="webcam",
    )
