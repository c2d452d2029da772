"""A clip to the faces in it over time, a film with the faces marked, and a table.

Everything streams: however long the clip is, memory holds no more of it than the frames between
two analysed ones.
"""

import csv
import math
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from emotion.atomic import replacing, writing
from emotion.image import Pixels
from emotion.recognize import EmotionRecognizer
from emotion.report import cells
from emotion.types import LABELS
from emotion.video.mark import Marker, box_of, placed
from emotion.video.progress import Analysed, Progress, Watch
from emotion.video.read import Clip, Moment, open_clip
from emotion.video.track import TrackedFace, Tracker
from emotion.video.write import open_film

# Frames looked at in each second; an expression lasts half a second and more (Ekman, 2003).
RATE = 5.0
# Below 1 a person has moved too far to be known again, and too many frames would wait in memory.
MIN_RATE, MAX_RATE = 1.0, 30.0

# Frames of the film in each second.
FILM_RATE = 30.0

COLUMNS = ("seconds", "person", "x1", "y1", "x2", "y2", "score", "label", "confidence", *LABELS)

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
        watch = Watch(clip, task.max_seconds)
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
