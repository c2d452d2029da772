"""Where the command line's results go: the terminal, a table, copies with the faces marked."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image

from emotion.atomic import replacing
from emotion.cli.inputs import Input, shown
from emotion.cli.photo import Photo
from emotion.draw import annotate
from emotion.report import COLUMNS, record, rows
from emotion.types import EmotionError

Item = TypeVar("Item")

# Fewer are done before a bar has been looked at.
MANY_FILES = 5


class Terminal:
    """Lines on stdout and stderr, and a progress bar between them where a person looks on."""

    def __init__(self) -> None:
        self._bar: Any = None

    def follow(self, items: list[Item]) -> Iterable[Item]:
        """The items, with a bar on stderr where they are many and stderr is a terminal."""
        if len(items) >= MANY_FILES and sys.stderr.isatty():
            # Here and not above: most calls show no bar.
            from tqdm import tqdm  # noqa: PLC0415

            self._bar = tqdm(items, unit="file", leave=False)
            return self._bar  # type: ignore[no-any-return]
        return items

    def say(self, line: str) -> None:
        """A line on stdout."""
        self._write(line, sys.stdout)

    def complain(self, error: EmotionError) -> None:
        """A line on stderr."""
        self._write(str(error), sys.stderr)

    def _write(self, line: str, stream: Any) -> None:
        if self._bar is None:
            print(line, file=stream, flush=True)
        else:
            self._bar.write(line, file=stream)


def as_text(photo: Photo) -> str:
    """A line a face, and one with the time that each stage took."""
    name = photo.source.shown
    faces = [
        f"{name}: {face.label} {face.confidence:.2f}  box {','.join(map(_pixel, face.face.box))}"
        for face in photo.predictions
    ]
    times = ", ".join(f"{stage} {value:.1f} ms" for stage, value in photo.ms.items())
    return "\n".join([*(faces or [f"{name}: no face"]), f"{name}: {times}"])


def _pixel(edge: float) -> str:
    return str(round(edge))


def as_json(photo: Photo) -> str:
    """One JSON object on one line."""
    name = str(photo.source.path)
    return json.dumps(record(name, photo.shape, photo.predictions, photo.ms))


@contextmanager
def open_table(path: Path) -> Iterator[Callable[[Photo], None]]:
    """Gives what adds a photograph's rows to a CSV file; the file appears, whole, at the end.

    Raises EmotionError where it can't be written, if possible before the work.
    """
    if path.exists() and not path.is_file():
        raise EmotionError(f"{shown(path)} is not a file that a table can be written to")
    target = path.resolve()
    part = target.with_name(f"{target.name}.part")
    table: list[Sequence[object]] = [COLUMNS]
    try:
        _write_csv(part, table, path)
        yield lambda photo: table.extend(rows(str(photo.source.path), photo.predictions))
        _write_csv(part, table, path)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _write_csv(part: Path, table: Sequence[Sequence[object]], path: Path) -> None:
    try:
        # surrogateescape: names of files may hold any bytes.
        with part.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
            csv.writer(file).writerows(table)
    except OSError as error:
        raise EmotionError(f"{shown(path)} can't be written: {error.strerror}") from error


class Copies:
    """A folder of JPEG copies with the faces marked, arranged as the images `sources` are."""

    def __init__(self, folder: Path, sources: Sequence[Input]) -> None:
        self._folder = folder
        self._originals = {source.path.resolve() for source in sources}
        self._taken: set[Path] = set()

    def save(self, photo: Photo) -> None:
        """Raises EmotionError where the copy can't be written, or would replace an image.

        ValueError for a photograph read without keep_image.
        """
        if photo.image is None:
            raise ValueError("a photograph to be marked must be read with keep_image")
        target = self._target(photo)
        if target.resolve() in self._originals:
            raise EmotionError(f"{photo.source.shown} is not marked: it would replace an image")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            # 92: lines stay sharp; 4:4:4: coloured ones too.
            copy = Image.fromarray(annotate(photo.image, photo.predictions))
            # Into memory: where the disk is full, Pillow itself leaves half a file, and no word.
            copy.save(jpeg := io.BytesIO(), "JPEG", quality=92, subsampling=0)
            with replacing(target) as part:
                part.write_bytes(jpeg.getvalue())
        except OSError as error:
            reason = error.strerror or str(error)
            raise EmotionError(f"{shown(target)} can't be written: {reason}") from error

    def _target(self, photo: Photo) -> Path:
        """DIR/name.jpg, or DIR/name-2.jpg where this run has written the first already."""
        plain = self._folder / photo.source.below.with_suffix(".jpg")
        target, number = plain, 2
        while target in self._taken:
            target = plain.with_stem(f"{plain.stem}-{number}")
            number += 1
        self._taken.add(target)
        return target
