"""How far the work on a clip is, what was found so far, and what of the clip was not read."""

import math
import time
from dataclasses import dataclass, replace
from typing import Literal

from emotion.video.read import Clip
from emotion.video.track import TrackedFace

# A header that is wrong by no more than this was rounded.
TOLERANCE_SECONDS = 1.0

# What of the clip was not read: nothing, what lies beyond max_seconds, what the header promises
# and the file has not, or damaged parts.
Missing = Literal["nothing", "beyond", "absent", "damaged"]


@dataclass(frozen=True, slots=True)
class Analysed:
    """The faces at one time of the clip; boxes in pixels of its upright frames."""

    seconds: float
    faces: list[TrackedFace]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is.

    frames and seconds: of the clip, done. expected_seconds: of the clip in all, by its header,
    which may say nothing (None) or anything. seconds_left: of the work, by that. analysed: the
    result, where this frame was looked at. The last report is `finished`: film and table are
    written, and `missing` is known.
    """

    frames: int
    seconds: float
    expected_seconds: float | None
    seconds_left: float | None
    analysed: Analysed | None = None
    finished: bool = False
    missing: Missing = "nothing"


class Watch:
    """Measures a clip's times, by its clock and by the wall's; max_seconds is a limit, or none."""

    def __init__(self, clip: Clip, max_seconds: float | None) -> None:
        self._clip = clip
        self._limit = math.inf if max_seconds is None else max_seconds
        self._beyond = False
        self._frames, self._seconds = 0, 0.0
        self._start = time.perf_counter()

    def allows(self, seconds: float) -> bool:
        """False for a frame beyond the limit."""
        self._beyond = seconds >= self._limit
        if not self._beyond:
            self._frames, self._seconds = self._frames + 1, seconds
        return not self._beyond

    def report(self, analysed: Analysed | None) -> Progress:
        """How far it is, after the last frame that was allowed."""
        expected = self._expected()
        left = None if expected is None else self._left(expected)
        return Progress(self._frames, self._seconds, expected, left, analysed)

    def last_report(self) -> Progress:
        """What is told when everything is written."""
        report = self.report(None)
        return replace(report, seconds_left=0.0, finished=True, missing=self._missing())

    def _expected(self) -> float | None:
        claimed = self._clip.claimed_seconds
        return None if claimed is None else max(self._seconds, min(claimed, self._limit))

    def _left(self, expected: float) -> float | None:
        elapsed = time.perf_counter() - self._start
        return elapsed * (expected / self._seconds - 1) if self._seconds > 0 else None

    def _missing(self) -> Missing:
        if self._beyond:
            return "beyond"
        if self._clip.damaged:
            return "damaged"
        claimed = self._clip.claimed_seconds or 0.0
        return "absent" if claimed - self._seconds > TOLERANCE_SECONDS else "nothing"
