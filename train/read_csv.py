"""Tables of text; Kaggle's fer2013.csv and icml_face_data.csv; FER+ votes from fer2013new.csv.

Rows count as an editor shows them: the header is row 1.
"""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd

from emotion.types import CROP_SIZE
from train.errors import DataError
from train.labels import LabelNames
from train.split import VOTES, Array, shares

USAGES = {"Training": "train", "PublicTest": "valid", "PrivateTest": "test"}
VOTE_COLUMNS = [*VOTES[:-1], "NF"]  # the file's own name for "not a face"


def read_table(path: Path, *columns: str) -> pd.DataFrame:
    """All cells as text, by row number; DataError where it is no CSV or lacks one of `columns`."""
    try:
        # Excel writes UTF-16 with a mark, Kaggle's archives hold .csv.gz.
        with (gzip.open if path.suffix.lower() == ".gz" else open)(path, "rb") as file:
            encoding = "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        table = pd.read_csv(
            path, dtype=str, encoding=encoding, skipinitialspace=True, keep_default_na=False
        )
    except (OSError, EOFError, ValueError) as error:
        why = " ".join(str(error).split())
        raise DataError(f"{path}: can't be read as CSV ({why})") from error
    if missing := [column for column in columns if column not in table.columns]:
        found = ", ".join(map(str, table.columns))
        raise DataError(f"{path}: no column {missing[0]!r} (found: {found})")
    return table.set_axis(range(2, len(table) + 2))


def read_csv(path: Path, names: LabelNames, ferplus: Path | None = None) -> pd.DataFrame:
    """The file's faces, with the votes of `ferplus`, whose rows are in the same order."""
    table = read_table(path, "emotion", "pixels", "Usage")
    if ferplus is not None:
        table["votes"] = _votes(ferplus, table["Usage"], path)
    for row, usage in table["Usage"].items():
        if usage.strip() not in USAGES:
            raise DataError(f"{path}, row {row}: Usage {usage!r}, expected {', '.join(USAGES)}")
    table["split"] = table["Usage"].str.strip().map(USAGES)
    images = [_pixels(text, f"{path}, row {row}") for row, text in table.pop("pixels").items()]
    table["image"] = pd.Series(images, table.index, dtype=object)
    return names.keep(table.rename(columns={"emotion": "label"}), f"{path}, row ")


def _pixels(text: str, where: str) -> Array:
    try:
        values = bytes(map(int, text.split()))
    except ValueError as error:
        raise DataError(f"{where}: a pixel is not a number of 0 to 255") from error
    if len(values) != CROP_SIZE * CROP_SIZE:
        raise DataError(f"{where}: expected {CROP_SIZE**2} pixels, but got {len(values)}")
    return np.frombuffer(values, np.uint8).reshape(CROP_SIZE, CROP_SIZE)


def _votes(path: Path, usages: pd.Series, source: Path) -> list[Array]:
    table = read_table(path, "Usage", *VOTE_COLUMNS)
    if not table["Usage"].equals(usages):
        raise DataError(
            f"{path}: Usage is not that of {source} row by row, so they can't be joined"
        )
    counts = table[VOTE_COLUMNS]
    if not (fine := counts.map(str.isdecimal).all(axis=1)).all():
        raise DataError(f"{path}, row {fine.idxmin()}: a vote is not a count")
    return [shares(row) for row in counts.astype(int).to_numpy()]
