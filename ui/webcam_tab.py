"""The webcam tab: frames come as text, numbers go back, and nothing touches the disk.

The page's own script drives the camera (static/webcam.js) and asks `recognize_frame` for each
frame, two on their way at most. gr.Image's streaming is not used: it can't say why a camera is
refused, choose one, or mirror it.
"""

import time
from collections import OrderedDict
from threading import Lock

import gradio as gr

from emotion import EmotionError, ImageError
from emotion.image import load_image
from emotion.track import Tracker
from ui.photo import data_of
from ui.settings import Recognizers, Settings
from ui.view import Json, face_view, static

# A 640x480 JPEG has about 60,000 characters; ten times that is no webcam frame.
FRAME_CHARACTERS = 600_000

# More visitors at once than two cores can serve; the longest silent one is forgotten first.
VISITORS = 64


class Visitors:
    """One tracker for each camera that is running, under a name the page made up at random."""

    def __init__(self, capacity: int = VISITORS) -> None:
        self._capacity = capacity
        self._trackers: OrderedDict[str, Tracker] = OrderedDict()

    def tracker(self, visitor: str) -> Tracker:
        """The visitor's tracker, a new one for a new visitor."""
        tracker = self._trackers.setdefault(visitor, Tracker())
        self._trackers.move_to_end(visitor)
        while len(self._trackers) > self._capacity:
            self._trackers.popitem(last=False)
        return tracker


def frame_bytes(question: Json) -> bytes:
    """The JPEG in the page's question; raises ImageError if it is none, or far too large."""
    frame = question["frame"]
    if len(frame) > FRAME_CHARACTERS:
        raise ImageError("the frame is larger than a webcam's")
    return data_of(frame)


def webcam_tab(recognizers: Recognizers, settings: gr.HTML) -> None:  # noqa: ARG001
    """Adds the tab's parts to the Blocks around."""
    visitors, lock = Visitors(), Lock()

    def recognize_frame(question: Json) -> Json:
        """{visitor, frame: JPEG data URI, settings} to {faces, ms} or {error}; for webcam.js."""
        start = time.perf_counter()
        try:
            chosen = Settings.of(question.get("settings"))
            image = load_image(frame_bytes(question))
            predictions = recognizers.get(chosen).recognize(image)
        except EmotionError as error:
            return {"error": str(error)}
        # Two frames of one visitor can be here at once: a tracker takes one after the other.
        with lock:
            tracker = visitors.tracker(str(question["visitor"]))
            tracked = tracker.update(predictions, time.perf_counter())
        faces = [
            face_view(face.prediction, chosen.uncertain_below) | {"id": face.id} for face in tracked
        ]
        return {"faces": faces, "ms": round(1000 * (time.perf_counter() - start), 1)}

    gr.HTML(
        html_template=static("webcam.html"),
        js_on_load=static("webcam.js"),
        server_functions=[recognize_frame],
        apply_default_css=False,
        elem_id="webcam",
    )
