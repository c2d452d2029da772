"""Photographs and videos to lines of text and rows of a table."""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import UnidentifiedImageError as NoImage

from emotion.cli.inputs import VIDEO_SUFFIXES, Input
from emotion.cli.outputs import Copies
from emotion.recognize import EmotionRecognizer, recognize_timed
from emotion.report import COLUMNS, Cell, face_record, name_cell, record, rows
from emotion.types import EmotionError, FacePrediction, ImageError, VideoError, shown

if TYPE_CHECKING:
    from emotion.video import Analysed

# Photographs that are read at the same time. Each core does one; more than four would take more
# memory than a command line should.
THREADS = min(4, os.cpu_count() or 1)

# Those of a photograph; `image` is a video too, `face` its person, and `seconds` its time.
TABLE_COLUMNS = (*COLUMNS, "seconds")

# What of a video was not read.
MISSING = {
    "absent": "is shorter than its header says: it may be cut short",
    "damaged": "is damaged in parts: the result may be wrong there",
}


class Result(NamedTuple):
    """What is printed of a photograph, or of a frame of a video, and its rows for the table."""

    text: str
    rows: list[list[Cell]]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads inputs as the options say: text or JSON, frames a second of a video, copies or none."""

    recognizer: EmotionRecognizer
    as_json: bool
    rate: float
    copies: Copies | None

    def read(self, inputs: Sequence[Input]) -> Iterator[Result | Exception]:
        """The results in the order of the inputs; an error belongs to one of them."""
        pool = ThreadPoolExecutor(THREADS)
        try:
            for source, photo in zip(inputs, pool.map(self._photo, inputs), strict=True):
                if isinstance(photo, ImageError) and isinstance(photo.__cause__, NoImage):
                    yield from self._video(source, photo)
                else:
                    yield photo
        finally:
            # The caller may have stopped half-way.
            pool.shutdown(cancel_futures=True)

    def _photo(self, source: Input) -> Result | Exception:
        try:
            image, faces, ms = recognize_timed(self.recognizer, source.path)
            if self.copies is not None:
                self.copies.save(source, image, faces)
        except (EmotionError, OSError, UnicodeError) as error:
            return _as_typed(error, source.path)
        name = str(source.path)
        if self.as_json:
            text = json.dumps(record(name, image.shape, faces, ms))
        else:
            text = photo_text(source.path, faces)
        return Result(text, [[*row, ""] for row in rows(name, faces)])

    def _video(self, source: Input, no_photo: ImageError) -> Iterator[Result | Exception]:
        named_so = source.path.suffix.lower() in VIDEO_SUFFIXES
        try:
            # Here and not above: photographs need no video decoders.
            from emotion.video.analysis import analyse, frame_rows  # noqa: PLC0415
        except ModuleNotFoundError as error:
            remedy = "install emotion[video]"
            needs = VideoError(f"{shown(source.path)} needs {error.name} to be read: {remedy}")
            yield needs if named_so else no_photo
            return
        try:
            copy = self.copies.target(source, ".mp4") if self.copies is not None else None
            reports = analyse(self.recognizer, source.path, annotated=copy, rate=self.rate)
            with closing(reports):
                for report in reports:
                    if report.analysed is not None:
                        table = frame_rows(report.analysed)
                        yield self._frame(source.path, report.analysed, table)
            if report.missing in MISSING:
                yield VideoError(f"{shown(source.path)} {MISSING[report.missing]}")
        except (EmotionError, OSError, UnicodeError) as error:
            # A cause: FFmpeg says that it is no video.
            neither = error.__cause__ is not None and not named_so
            yield no_photo if neither else _as_typed(error, source.path)

    def _frame(self, path: Path, analysed: "Analysed", table: list[list[Cell]]) -> Result:
        faces = [(face.id, face.prediction) for face in analysed.faces]
        if self.as_json:
            people = [{"person": number} | face_record(face) for number, face in faces]
            seconds = round(analysed.seconds, 3)
            text = json.dumps({"video": str(path), "seconds": seconds, "faces": people})
        else:
            seen = ", ".join(
                f"{number} {face.label} {face.confidence:.2f}" for number, face in faces
            )
            text = f"{shown(path)} {analysed.seconds:.2f} s: {seen or 'no face'}"
        name = name_cell(str(path))
        return Result(text, [[name, *row, seconds] for seconds, *row in table])


def photo_text(path: Path, faces: list[FacePrediction]) -> str:
    """A line a face."""
    lines = [
        f"{shown(path)}: {face.label} {face.confidence:.2f}  "
        f"box {','.join(str(round(edge)) for edge in face.face.box)}"
        for face in faces
    ]
    return "\n".join(lines or [f"{shown(path)}: no face"])


def _as_typed(error: Exception, path: Path) -> Exception:
    """The error in a sentence that names the path as it was typed, not its last part only.

    Many folders may hold a file of that name.
    """
    if isinstance(error, EmotionError):
        name, sentence = shown(Path(path.name)), str(error)
        if not sentence.startswith(f"{name} "):
            return error
        typed = type(error)(f"{shown(path)}{sentence.removeprefix(name)}")
        typed.__cause__ = error.__cause__
        return typed
    reason = getattr(error, "strerror", None) or error
    return EmotionError(f"{shown(path)} can't be read: {reason}")
