"""A video to the faces in it over time, an annotated video, and a table.

Everything streams: however long the video is, memory holds no more frames of it than come between
two analysed ones.
"""

import math
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from emotion.atomic import csv_table
from emotion.image import Pixels
from emotion.recognize import EmotionRecognizer
from emotion.report import Cell, cells
from emotion.types import LABELS
from emotion.video.annotating import Moment, open_annotated, with_box, write_gliding
from emotion.video.reading import Missing, Video, open_video
from emotion.video.tracking import TrackedFace, Tracker

# Frames analysed a second; an expression lasts half a second and more (Ekman, 2003).
RATE = 5.0
# Below 1 a person has moved too far to be recognised again, and too many frames wait in memory.
MIN_RATE, MAX_RATE = 1.0, 30.0

# Frames a second of the annotated video, at most.
ANNOTATED_RATE = 30.0

COLUMNS = ("seconds", "person", "x1", "y1", "x2", "y2", "score", "label", "confidence", *LABELS)


@dataclass(frozen=True, slots=True)
class Analysed:
    """The faces at one time of the video; boxes in pixels of its upright frames."""

    seconds: float
    faces: list[TrackedFace]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the analysis is.

    frames and seconds: of the video, done. expected_seconds: of the whole video by its header,
    which may say nothing (None) or anything. seconds_left: of the work, by that. analysed: the
    result, where this frame was analysed. The last report is `finished`: the files are written,
    and `missing` is known.
    """

    frames: int
    seconds: float
    expected_seconds: float | None
    seconds_left: float | None
    analysed: Analysed | None = None
    finished: bool = False
    missing: Missing = "nothing"


def analyse(
    recognizer: EmotionRecognizer,
    source: str | PathLike[str],
    *,
    annotated: str | PathLike[str] | None = None,
    table: str | PathLike[str] | None = None,
    rate: float = RATE,
    smoothing: float = 0.5,
    max_seconds: float | None = None,
    names: Mapping[str, str] | None = None,
    uncertain_below: float = 0.0,
) -> Generator[Progress]:
    """Work through a video, and report after each of its frames.

    annotated: where to write an H.264 mp4 with the faces marked, its longer side at most 1280
    pixels, at most 30 frames a second, without sound. table: where to write a CSV with a row for
    each face of each analysed frame, or one without a person where there is none. Both appear,
    complete, at the end; closing the iterator before leaves nothing behind. rate: frames to analyse
    a second, 1 to 30. smoothing: as of `Tracker`. max_seconds: the video is read no further,
    whatever its header says. names and uncertain_below: as of `annotate`.

    Raises VideoError if the video can't be read, EmotionError if a file can't be written.
    """
    if not MIN_RATE <= rate <= MAX_RATE:
        raise ValueError(f"rate must be {MIN_RATE:g} to {MAX_RATE:g} a second, but is {rate}")

    limit = math.inf if max_seconds is None else max_seconds
    tracker, analysed_at, shown_at = Tracker(smoothing), Every(rate), Every(ANNOTATED_RATE)
    begun = time.perf_counter()
    missing: Missing | None = None
    with ExitStack() as stack:
        video = stack.enter_context(open_video(Path(source)))
        write, add = None, None
        if annotated is not None:
            opened = open_annotated(Path(annotated), video.size_wh, names, uncertain_below)
            write = stack.enter_context(opened)
        if table is not None:
            add = stack.enter_context(csv_table(Path(table), COLUMNS))
        # Frames wait until the next analysed one is known, for their boxes lie in between.
        waiting: list[tuple[float, Pixels]] = []
        latest: Moment = (0.0, [])
        for count, frame in enumerate(video.frames(), start=1):
            if frame.seconds >= limit:
                missing = "beyond"
                break
            analysed = None
            is_analysed = analysed_at.takes(frame.seconds)
            is_shown = write is not None and shown_at.takes(frame.seconds)
            if is_analysed or is_shown:
                picture = video.picture(frame)
            if is_analysed:
                faces = tracker.update(recognizer.recognize(picture), frame.seconds)
                analysed = Analysed(frame.seconds, _in_source(faces, video))
                if write is not None:
                    write_gliding(write, waiting, latest, (frame.seconds, faces))
                latest = frame.seconds, faces
                if add is not None:
                    add(frame_rows(analysed))
            if is_shown:
                waiting.append((frame.seconds, picture))
            report = _progress(count, video, limit, time.perf_counter() - begun)
            yield replace(report, analysed=analysed)
        if write is not None:
            write_gliding(write, waiting, latest, latest)
    yield replace(report, seconds_left=0.0, finished=True, missing=missing or video.missing)


def _progress(count: int, video: Video, limit: float, elapsed: float) -> Progress:
    seconds, expected = min(video.seconds, limit), video.claimed_seconds
    if expected is None:
        return Progress(count, seconds, None, None)
    expected = max(seconds, min(expected, limit))
    return Progress(count, seconds, expected, elapsed * (expected / seconds - 1))


def _in_source(faces: Sequence[TrackedFace], video: Video) -> list[TrackedFace]:
    """The faces, found in a picture of size_wh, in pixels of the video's own frames."""
    right, down = (
        full / shrunk for full, shrunk in zip(video.source_wh, video.size_wh, strict=True)
    )
    boxes = [face.prediction.face.box for face in faces]
    scaled = [(x1 * right, y1 * down, x2 * right, y2 * down) for x1, y1, x2, y2 in boxes]
    return [with_box(face, box) for face, box in zip(faces, scaled, strict=True)]


class Every:
    """Chooses from growing times, so that about `rate` are taken a second."""

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


def frame_rows(analysed: Analysed) -> list[list[Cell]]:
    """A row for each face, in the order of COLUMNS; one without a person where there is none."""
    seconds = round(analysed.seconds, 3)
    if not analysed.faces:
        return [[seconds, *[""] * (len(COLUMNS) - 1)]]
    return [[seconds, face.id, *cells(face.prediction)] for face in analysed.faces]
