"""Files that appear complete or not at all."""

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from emotion.types import EmotionError, shown

AddRows = Callable[[Iterable[Sequence[object]]], None]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a new path beside `path` to write to; that file takes the place of `path` at the end.

    If the block fails or is left early, the new file is deleted and an old one stays as it was.
    A link is followed: the file that it points to is replaced.
    """
    with writing(path):
        target = Path(os.path.realpath(path))
    # A short name of its own: it fits where `path` does, and nobody has a file of that name.
    part = target.with_name(f".{token_hex(8)}.part")
    try:
        yield part
        with writing(path):
            part.replace(target)
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an OSError into an EmotionError that names `path`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or "the reason is unknown"
        raise EmotionError(f"{shown(Path(path.name))} can't be written: {reason}") from error


@contextmanager
def csv_table(path: Path, columns: Sequence[str]) -> Iterator[AddRows]:
    """Give a function that adds rows to a CSV file with a header.

    Raises EmotionError if it can't be written, at once where that can be known.
    """
    with writing(path):
        if path.exists() and not path.is_file():
            raise EmotionError(f"{shown(path)} can't be written: it is not a regular file")
    with replacing(path) as part:
        with writing(path):
            # Line by line, so that a full disk is noticed by the row that does not fit.
            # surrogateescape: a file's name may hold any bytes.
            file = part.open("w", 1, encoding="utf-8", errors="surrogateescape", newline="")

        def add(rows: Iterable[Sequence[object]]) -> None:
            with writing(path):
                csv.writer(file).writerows(rows)

        try:
            add([columns])
            yield add
        finally:
            with writing(path):
                file.close()
