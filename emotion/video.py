"""A clip to the faces in it over time, a film with the faces marked, and a table.

Everything streams: however long the clip is, memory holds no more of it than the frames between
two analysed ones.
"""

import csv
import math
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Literal

from emotion.atomic import replacing, writing
from emotion.clip import Clip, Moment, open_clip
from emotion.film import open_film
from emotion.image import Pixels
from emotion.marks import Marker, box_of, placed
from emotion.recognize import EmotionRecognizer
from emotion.report import cells
from emotion.track import TrackedFace, Tracker
from emotion.types import LABELS

# Frames looked at in each second; an expression lasts half a second and more (Ekman, 2003).
RATE = 5.0
# Below 1 a person has moved too far to be known again, and too many frames would wait in memory.
MIN_RATE, MAX_RATE = 1.0, 30.0

# Frames of the film in each second.
FILM_RATE = 30.0

COLUMNS = ("seconds", "person", "x1", "y1", "x2", "y2", "score", "label", "confidence", *LABELS)

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


# Adds the rows of one analysed frame to the table.
Write = Callable[[Analysed], None]


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done with a clip: the arguments of `analyse`."""

    film: Path | None
    table: Path | None
    rate: float
    smoothing: float
    max_seconds: float | None
    uncertain_below: float


def analyse(
    recognizer: EmotionRecognizer,
    source: str | PathLike[str],
    *,
    film: str | PathLike[str] | None = None,
    table: str | PathLike[str] | None = None,
    rate: float = RATE,
    smoothing: float = 0.5,
    max_seconds: float | None = None,
    uncertain_below: float = 0.0,
) -> Generator[Progress]:
    """Works through a clip, and reports after each of its frames.

    film: where to write an H.264 mp4 with the faces marked, its longer side at most 1280 pixels,
    at most 30 frames a second, without sound. table: where to write a CSV with a row for each face
    of each analysed frame, or one without a person where there is none. Both appear, whole, at the
    end; closing the iterator before leaves nothing behind. rate: frames to analyse in each second,
    1 to 30. smoothing: as of `Tracker`. max_seconds: the clip is read no further, whatever its
    header says. A label less probable than uncertain_below reads "perhaps" in the film.

    Raises VideoError for a clip that can't be read, EmotionError for a file that can't be written.
    """
    if not MIN_RATE <= rate <= MAX_RATE:
        raise ValueError(f"rate must be {MIN_RATE:g} to {MAX_RATE:g} a second, but is {rate}")
    paths = (None if film is None else Path(film), None if table is None else Path(table))
    task = Task(*paths, rate, smoothing, max_seconds, uncertain_below)
    return _reports(recognizer, Path(source), task)


def _reports(recognizer: EmotionRecognizer, source: Path, task: Task) -> Generator[Progress]:
    with (
        open_clip(source) as clip,
        _marker(task, clip.size_wh) as marker,
        _table(task.table) as write,
    ):
        job = _Job(recognizer, task, marker, write)
        watch = _Watch(clip, task.max_seconds)
        for moment in clip.moments():
            if not watch.allows(moment.seconds):
                break
            yield watch.report(job.take(clip, moment))
    yield watch.last_report()


class Every:
    """Says of growing times which to take, so that there are about `rate` in each second."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        # Times in files are rounded, and cameras are not punctual.
        self._early = min(0.01, 0.25 / rate)
        self._slot = -1

    def takes(self, seconds: float) -> bool:
        slot = math.floor((seconds + self._early) * self._rate)
        taken = slot > self._slot
        self._slot = max(slot, self._slot)
        return taken


class _Job:
    """What is done with each frame."""

    def __init__(
        self, recognizer: EmotionRecognizer, task: Task, marker: Marker | None, write: Write
    ) -> None:
        self._recognizer = recognizer
        self._marker = marker
        self._write = write
        self._tracker = Tracker(task.smoothing)
        self._looks, self._shows = Every(task.rate), Every(FILM_RATE)

    def take(self, clip: Clip, moment: Moment) -> Analysed | None:
        seconds, frame = moment
        looks = self._looks.takes(seconds)
        shows = self._marker is not None and self._shows.takes(seconds)
        if not looks and not shows:
            return None
        picture = clip.picture(frame)
        analysed = self._analysed(clip, picture, seconds) if looks else None
        if self._marker is not None and shows:
            self._marker.add(picture, seconds)
        return analysed

    def _analysed(self, clip: Clip, picture: Pixels, seconds: float) -> Analysed:
        faces = self._tracker.update(self._recognizer.recognize(picture), seconds)
        if self._marker is not None:
            self._marker.analysed(seconds, faces)
        analysed = Analysed(seconds, [_in_source(face, clip) for face in faces])
        self._write(analysed)
        return analysed


class _Watch:
    """Times, by the clip's clock and by the wall's."""

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
        expected = self._expected()
        left = None if expected is None else self._left(expected)
        return Progress(self._frames, self._seconds, expected, left, analysed)

    def last_report(self) -> Progress:
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


def _in_source(face: TrackedFace, clip: Clip) -> TrackedFace:
    (width, height), (full_width, full_height) = clip.size_wh, clip.source_wh
    right, down = full_width / width, full_height / height
    x1, y1, x2, y2 = box_of(face)
    return placed(face, (x1 * right, y1 * down, x2 * right, y2 * down))


@contextmanager
def _marker(task: Task, size_wh: tuple[int, int]) -> Iterator[Marker | None]:
    if task.film is None:
        yield None
        return
    with open_film(task.film, size_wh) as film:
        marker = Marker(film, task.uncertain_below)
        yield marker
        marker.finish()


@contextmanager
def _table(path: Path | None) -> Iterator[Write]:
    if path is None:
        yield lambda _: None
        return
    with (
        replacing(path) as part,
        writing(path),
        # Each line at once: a full disk is told by the line that does not fit.
        part.open("w", newline="", encoding="utf-8", buffering=1) as file,
    ):
        table = csv.writer(file)
        table.writerow(COLUMNS)
        yield lambda analysed: table.writerows(rows(analysed))


def rows(analysed: Analysed) -> list[list[str | int | float]]:
    """A row for each face, in the order of COLUMNS; one without a face where there is none.

    All cells are numbers, but for the label: none is a formula to a spreadsheet.
    """
    seconds = round(analysed.seconds, 3)
    if not analysed.faces:
        return [[seconds, *[""] * (len(COLUMNS) - 1)]]
    return [[seconds, face.id, *cells(face.prediction)] for face in analysed.faces]
