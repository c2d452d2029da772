"""Kaggle's fer2013.csv and icml_face_data.csv; FER+ votes from fer2013new.csv.

Rows count as an editor shows them: the header is row 1.
"""

import csv
import gzip
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import IO

import numpy as np

from emotion.types import CROP_SIZE
from train.errors import DataError
from train.labels import LabelNames
from train.split import VOTES, Array, Sample, shares

USAGES = {"Training": "train", "PublicTest": "valid", "PrivateTest": "test"}
VOTE_COLUMNS = (*VOTES[:-1], "NF")  # the file's own name for "not a face"

Row = dict[str, str]


def read_csv(path: Path, names: LabelNames, ferplus: Path | None = None) -> Iterator[Sample]:
    """The file's faces, with the votes of `ferplus`, whose rows are in the same order."""
    for number, row, votes in _joined(path, ferplus):
        where = f"{path}, row {number}"
        label = names.number(row["emotion"], where)
        if label is not None:
            yield Sample(_split(row, where), _pixels(row["pixels"], where), label, votes)


def _joined(path: Path, ferplus: Path | None) -> Iterator[tuple[int, Row, Array | None]]:
    faces = _rows(path, ("emotion", "pixels", "Usage"))
    if ferplus is None:
        yield from ((number, row, None) for number, row in faces)
        return
    for face, vote in zip_longest(faces, _rows(ferplus, ("Usage", *VOTE_COLUMNS))):
        if face is None or vote is None:
            raise DataError(f"{ferplus}: not as many rows as {path}, so they can't be joined")
        if face[1]["Usage"] != vote[1]["Usage"]:
            raise DataError(f"{ferplus}, row {vote[0]}: Usage is not that of {path}, row {face[0]}")
        yield *face, _votes(vote[1], f"{ferplus}, row {vote[0]}")


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, Row]]:
    """Row numbers and rows by column name; the names lose their spaces (icml_face_data.csv)."""
    try:
        with _open(path) as file:
            lines = csv.reader(file)
            names = [name.strip() for name in next(lines, [])]
            for column in columns:
                if column not in names:
                    found = ", ".join(names) or "none"
                    raise DataError(f"{path}: no column {column!r} (found: {found})")
            for line in lines:
                if len(line) != len(names):
                    counted = f"expected {len(names)} columns, but got {len(line)}"
                    raise DataError(f"{path}, row {lines.line_num}: {counted}")
                yield lines.line_num, dict(zip(names, line, strict=True))
    except (OSError, UnicodeError, csv.Error) as error:
        raise DataError(f"{path}: can't be read as CSV ({error})") from error


def _open(path: Path) -> IO[str]:
    """As text: Excel writes UTF-16 with a mark, Kaggle's archives hold .csv.gz."""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with opened(path, "rb") as file:
        marked = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
    return opened(path, "rt", newline="", encoding="utf-16" if marked else "utf-8-sig")


def _split(row: Row, where: str) -> str:
    usage = row["Usage"].strip()
    if usage not in USAGES:
        raise DataError(f"{where}: Usage {usage!r}, expected {', '.join(USAGES)}")
    return USAGES[usage]


def _pixels(text: str, where: str) -> Array:
    try:
        values = bytes(map(int, text.split()))
    except ValueError as error:
        raise DataError(f"{where}: a pixel is not a number of 0 to 255") from error
    if len(values) != CROP_SIZE * CROP_SIZE:
        raise DataError(f"{where}: expected {CROP_SIZE**2} pixels, but got {len(values)}")
    return np.frombuffer(values, np.uint8).reshape(CROP_SIZE, CROP_SIZE)


def _votes(row: Row, where: str) -> Array:
    counts = [row[column].strip() for column in VOTE_COLUMNS]
    if not all(count.isdecimal() for count in counts):
        raise DataError(f"{where}: a vote is not a count")
    return shares(map(int, counts))
