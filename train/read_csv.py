"""Kaggle's fer2013.csv and icml_face_data.csv; FER+ votes from fer2013new.csv.

Rows count as an editor shows them: the header is row 1.
"""

import csv
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import numpy as np

from emotion.types import CROP_SIZE
from train.errors import DataError
from train.split import VOTES, Split, label_number, shares, split_of

USAGES = {"Training": "train", "PublicTest": "valid", "PrivateTest": "test"}
VOTE_COLUMNS = (*VOTES[:-1], "NF")  # the file's own name for "not a face"

Row = dict[str, str]


def read_csv(path: Path, ferplus: Path | None = None) -> dict[str, Split]:
    """The splits that the file holds, with the votes of `ferplus`, whose rows are in its order."""
    gathered: dict[str, tuple[list[np.ndarray], list[int], list[np.ndarray]]] = {}
    for number, row, votes in _joined(path, ferplus):
        images, labels, voted = gathered.setdefault(_split(row, path, number), ([], [], []))
        images.append(_pixels(row["pixels"], path, number))
        labels.append(label_number(row["emotion"], path, number))
        if votes is not None:
            voted.append(votes)
    return {name: split_of(*columns) for name, columns in gathered.items()}


def _joined(path: Path, ferplus: Path | None) -> Iterator[tuple[int, Row, np.ndarray | None]]:
    faces = _rows(path, ("emotion", "pixels", "Usage"))
    if ferplus is None:
        for number, row in faces:
            yield number, row, None
        return
    for face, vote in zip_longest(faces, _rows(ferplus, ("Usage", *VOTE_COLUMNS))):
        if face is None or vote is None:
            raise DataError(f"{ferplus}: not as many rows as {path}, so they can't be joined")
        if face[1]["Usage"] != vote[1]["Usage"]:
            raise DataError(f"{ferplus}, row {vote[0]}: Usage is not that of {path}, row {face[0]}")
        yield *face, _votes(vote[1], ferplus, vote[0])


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, Row]]:
    """Row numbers and rows by column name; the names lose their spaces (icml_face_data.csv)."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
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
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: can't be read as CSV ({error})") from error


def _split(row: Row, path: Path, number: int) -> str:
    usage = row["Usage"].strip()
    if usage not in USAGES:
        raise DataError(f"{path}, row {number}: Usage {usage!r}, expected {', '.join(USAGES)}")
    return USAGES[usage]


def _pixels(text: str, path: Path, number: int) -> np.ndarray:
    try:
        values = bytes(map(int, text.split()))
    except ValueError as error:
        raise DataError(f"{path}, row {number}: a pixel is not a number of 0 to 255") from error
    if len(values) != CROP_SIZE * CROP_SIZE:
        counted = f"expected {CROP_SIZE * CROP_SIZE} pixels, but got {len(values)}"
        raise DataError(f"{path}, row {number}: {counted}")
    return np.frombuffer(values, np.uint8).reshape(CROP_SIZE, CROP_SIZE)


def _votes(row: Row, path: Path, number: int) -> np.ndarray:
    counts = [row[column].strip() for column in VOTE_COLUMNS]
    if not all(count.isdecimal() for count in counts):
        raise DataError(f"{path}, row {number}: a vote is not a count")
    return shares([int(count) for count in counts])
