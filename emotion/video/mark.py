"""The film of a clip: faces marked, with boxes that glide from one analysed frame to the next."""

from collections.abc import Sequence
from dataclasses import replace

from emotion.draw import annotate, caption_of
from emotion.image import Pixels
from emotion.types import Box
from emotion.video.track import TrackedFace
from emotion.video.write import Film


class Marker:
    """Draws faces into frames and adds them to a film.

    A frame waits until the next analysed one is known, for its boxes lie in between: as many wait
    at once as come between two analysed ones. A label less probable than uncertain_below reads
    "perhaps".
    """

    def __init__(self, film: Film, uncertain_below: float) -> None:
        self._film = film
        self._uncertain_below = uncertain_below
        self._waiting: list[tuple[float, Pixels]] = []
        self._analysed: tuple[float, Sequence[TrackedFace]] = (0.0, [])

    def analysed(self, seconds: float, faces: Sequence[TrackedFace]) -> None:
        """Takes the faces at a time; boxes in pixels of the film."""
        self._release(seconds, faces)
        self._analysed = (seconds, faces)

    def add(self, picture: Pixels, seconds: float) -> None:
        """Takes a frame, RGB uint8 (H, W, 3), no older than the last analysed one."""
        self._waiting.append((seconds, picture))

    def finish(self) -> None:
        """Adds the frames that still wait."""
        self._release(*self._analysed)

    def _release(self, seconds: float, faces: Sequence[TrackedFace]) -> None:
        start, before = self._analysed
        for at, picture in self._waiting:
            share = (at - start) / (seconds - start) if seconds > start else 0.0
            self._film.add(self._marked(picture, between(before, faces, share)), at)
        self._waiting.clear()

    def _marked(self, picture: Pixels, faces: Sequence[TrackedFace]) -> Pixels:
        if not faces:
            return picture
        captions = [self._caption(face) for face in faces]
        return annotate(picture, [face.prediction for face in faces], captions)

    def _caption(self, face: TrackedFace) -> str:
        unsure = face.prediction.confidence < self._uncertain_below
        return f"{face.id}: {'perhaps ' if unsure else ''}{caption_of(face.prediction)}"


def between(
    before: Sequence[TrackedFace], after: Sequence[TrackedFace], share: float
) -> list[TrackedFace]:
    """The faces of `before`, moved by this share (0 to 1) of the way to where `after` has them.

    One that `after` has not stays where it was; so do all expressions.
    """
    targets = {face.id: face.prediction.face.box for face in after}
    return [placed(face, _mixed(box_of(face), targets.get(face.id), share)) for face in before]


def placed(face: TrackedFace, box: Box) -> TrackedFace:
    """The same face with another box."""
    prediction = face.prediction
    return replace(face, prediction=replace(prediction, face=replace(prediction.face, box=box)))


def box_of(face: TrackedFace) -> Box:
    """The face's box."""
    return face.prediction.face.box


def _mixed(box: Box, target: Box | None, share: float) -> Box:
    if target is None:
        return box
    x1, y1, x2, y2 = (a + share * (b - a) for a, b in zip(box, target, strict=True))
    return x1, y1, x2, y2
