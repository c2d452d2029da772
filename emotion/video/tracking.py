"""Faces over time: who is who from frame to frame, and probabilities that do not flicker."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from emotion.types import Box, FacePrediction

# Boxes that share less of their union than this are two people.
MIN_OVERLAP = 0.3

# Seconds for which a face may be missing, behind a hand say, and still be the same.
MAX_ABSENCE = 1.0

# Seconds between two frames in which a face is still the same: from a busy server they come rarely.
MAX_PAUSE = 3.0


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """A face in this frame, with an id that it keeps and probabilities smoothed over time."""

    id: int
    prediction: FacePrediction


@dataclass(slots=True)
class _Track:
    id: int
    prediction: FacePrediction
    seconds: float


class Tracker:
    """Follows the faces of one camera or video.

    smoothing is a time constant in seconds: after that long, a new expression has reached 63 % of
    its probability; 0 smooths nothing. The attribute may be changed for the frames to come. Raises
    ValueError if it is negative. Not safe to share between threads.
    """

    def __init__(self, smoothing: float = 0.5) -> None:
        if not smoothing >= 0:
            raise ValueError(f"smoothing must be 0 seconds or more, but is {smoothing}")
        self.smoothing = smoothing
        self._tracks: list[_Track] = []
        self._latest = -math.inf
        self._next_id = 1

    def update(self, predictions: Sequence[FacePrediction], seconds: float) -> list[TrackedFace]:
        """The faces of the frame taken at `seconds`, in the order of `predictions`.

        Boxes are those of this frame. A frame older than the one before counts as just as old.
        """
        self._tracks = [track for track in self._tracks if self._remembered(track, seconds)]
        self._latest = max(self._latest, seconds)
        pairs = _match([track.prediction.face.box for track in self._tracks], predictions)
        known = {face: self._tracks[track] for track, face in pairs}
        followed = []
        for number, prediction in enumerate(predictions):
            track = known.get(number)
            if track is None:
                track = _Track(self._next_id, prediction, seconds)
                self._tracks.append(track)
                self._next_id += 1
            else:
                self._follow(track, prediction, seconds)
            followed.append(TrackedFace(track.id, track.prediction))
        return followed

    def _remembered(self, track: _Track, seconds: float) -> bool:
        away = MAX_ABSENCE if track.seconds < self._latest else MAX_PAUSE
        return seconds - track.seconds <= away

    def _follow(self, track: _Track, prediction: FacePrediction, seconds: float) -> None:
        elapsed = max(0.0, seconds - track.seconds)
        # The weight of the past; frames may come at any intervals.
        past = math.exp(-elapsed / self.smoothing) if self.smoothing else 0.0
        before = track.prediction.probabilities
        smoothed = {
            label: past * before[label] + (1 - past) * probability
            for label, probability in prediction.probabilities.items()
        }
        track.prediction = FacePrediction(prediction.face, smoothed)
        track.seconds = max(track.seconds, seconds)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (_area(a) + _area(b) - shared)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _match(boxes: Sequence[Box], predictions: Sequence[FacePrediction]) -> list[tuple[int, int]]:
    """Pairs (box, prediction), each used once, those that overlap most first."""
    candidates = [
        (overlap(box, prediction.face.box), track, face)
        for track, box in enumerate(boxes)
        for face, prediction in enumerate(predictions)
    ]
    pairs: list[tuple[int, int]] = []
    for share, track, face in sorted(candidates, reverse=True):
        taken = any(track == pair[0] or face == pair[1] for pair in pairs)
        if share >= MIN_OVERLAP and not taken:
            pairs.append((track, face))
    return pairs
