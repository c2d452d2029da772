"""The webcam tab: frames come as text, numbers go back, and nothing touches the disk.

The page's script (static/webcam.js) drives the camera and asks `recognize_frame` about one frame
after the other. gr.Image's streaming is not used: it can't say why a camera is refused, choose
one, or mirror it.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock, Semaphore
from typing import Any

from emotion import EmotionError, FacePrediction, ImageError
from emotion.image import load_image
from emotion.video.tracking import TrackedFace, Tracker
from ui.image_tab import marked_picture
from ui.limits import CAMERAS, FRAME_CHARACTERS, FRAMES_AT_ONCE, MAX_SMOOTHING
from ui.photo import data_of
from ui.settings import Recognizers, Settings, SettingsError
from ui.view import Json, component, face_view

# The page makes up a name for each camera that it starts: 32 hexadecimal digits and a prefix.
NAME_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Frame:
    """A camera's frame, the bytes of an image file, and how it is to be read."""

    camera: str
    image: bytes
    smoothing: float
    settings: Settings

    @classmethod
    def of(cls, value: Any) -> "Frame":
        """Checks an object from the page; raises ImageError or SettingsError."""
        if not isinstance(value, Mapping):
            raise SettingsError("a frame must come in an object")
        return cls(
            camera=_name(value.get("camera")),
            image=_image(value.get("image")),
            smoothing=_smoothing(value.get("smoothing", 0.5)),
            settings=Settings.of(value.get("settings")),
        )


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= NAME_CHARACTERS:
        raise SettingsError(f"a camera must be a text of 1 to {NAME_CHARACTERS} characters")
    return value


def _image(value: Any) -> bytes:
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


def frame_reader(recognizers: Recognizers) -> Callable[[Any], Json]:
    """What static/webcam.js asks about each frame, with the memory of who is who."""
    trackers: OrderedDict[str, Tracker] = OrderedDict()
    lock, free = Lock(), Semaphore(FRAMES_AT_ONCE)

    def follow(
        frame: Frame, predictions: list[FacePrediction], seconds: float
    ) -> list[TrackedFace]:
        with lock:
            tracker = trackers.setdefault(frame.camera, Tracker())
            trackers.move_to_end(frame.camera)
            while len(trackers) > CAMERAS:
                trackers.popitem(last=False)
            tracker.smoothing = frame.smoothing
            return tracker.update(predictions, seconds)

    def read(frame: Frame) -> Json:
        start = time.perf_counter()
        recognizer = recognizers.get(frame.settings)
        tracked = follow(frame, recognizer.recognize(load_image(frame.image)), start)
        faces = [face_view(face.prediction) | {"id": face.id} for face in tracked]
        return {"faces": faces, "ms": round(1000 * (time.perf_counter() - start), 1)}

    def recognize_frame(value: Any) -> Json:
        """A `Frame` to {faces, ms}, {busy} or {error}.

        A page sends its next frame once the last is answered: first come, first served is fair.
        """
        try:
            frame = Frame.of(value)
            if not free.acquire(blocking=False):
                return {"busy": True}
            try:
                return read(frame)
            finally:
                free.release()
        except EmotionError as error:
            return {"error": str(error)}

    return recognize_frame


def webcam_tab(recognizers: Recognizers) -> None:
    """Adds the tab to the Blocks around."""
    component("webcam", server_functions=[frame_reader(recognizers), marked_picture])
