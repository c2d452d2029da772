"""FER-2013 as image files: Kaggle's folder tree, and parquet as the library `datasets` writes it.

Rows of parquet count from 0, as pandas shows them.
"""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, UnidentifiedImageError

from emotion.types import CROP_SIZE, LABELS
from train.errors import DataError
from train.split import VOTES, Split, label_number, shares, split_of

# What people call the splits, in folders and file names.
NAMES = {
    "train": "train", "training": "train",
    "valid": "valid", "validation": "valid", "val": "valid", "publictest": "valid",
    "test": "test", "privatetest": "test",
}  # fmt: skip
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
FORMATS = ("JPEG", "PNG", "WEBP")  # no other decoder gets to see the bytes


def read_tree(folder: Path) -> dict[str, Split]:
    """train/LABEL/ and test/LABEL/; in test/, PublicTest_* is valid and PrivateTest_* is test."""
    gathered: dict[str, tuple[list[np.ndarray], list[int]]] = {}
    for path in sorted(folder.glob("*/*/*")):
        if path.suffix.lower() in SUFFIXES and path.parts[-3].lower() in NAMES:
            images, labels = gathered.setdefault(_split(path, folder), ([], []))
            images.append(_decode(path.read_bytes(), str(path)))
            labels.append(_label(path.parent))
    return {name: split_of(*columns, []) for name, columns in gathered.items()}


def read_parquet(folder: Path) -> dict[str, Split]:
    """Every *.parquet below the folder whose name, or whose folder's, tells a split."""
    gathered: dict[str, list[Split]] = {}
    for path in sorted(folder.rglob("*.parquet")):
        first = path.stem.split("-")[0].lower()
        name = NAMES.get(first) or NAMES.get(path.parent.name.lower())
        if name is None:
            raise DataError(f"{path}: its name tells no split (train, valid or test)")
        gathered.setdefault(name, []).append(_read_file(path))
    return {name: _chained(splits) for name, splits in gathered.items()}


def _split(path: Path, folder: Path) -> str:
    usage, own = path.name.split("_")[0].lower(), NAMES[path.parts[-3].lower()]
    if own != "test":
        return own
    if usage in ("publictest", "privatetest"):
        return NAMES[usage]
    if any((folder / name).is_dir() for name in ("valid", "validation", "val")):
        return own
    raise DataError(f"{path}: expected a name that begins with PublicTest_ or PrivateTest_")


def _label(folder: Path) -> int:
    if folder.name.lower() not in LABELS:
        raise DataError(f"{folder}: not a label, expected {', '.join(LABELS)}")
    return LABELS.index(folder.name.lower())


def _chained(splits: list[Split]) -> Split:
    columns = ("images", "labels", "votes")
    return Split(*(np.concatenate([getattr(split, name) for split in splits]) for name in columns))


def _read_file(path: Path) -> Split:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: can't be read as parquet ({error})") from error
    for column in ("image", "label"):
        if column not in table.column_names:
            found = ", ".join(table.column_names)
            raise DataError(f"{path}: no column {column!r} (found: {found})")
    if not len(table):
        raise DataError(f"{path}: no rows")
    number = _numbering(table)
    images = [_image(cell, f"{path}, row {n}") for n, cell in enumerate(_cells(table, "image"))]
    labels = [number(cell, path, n) for n, cell in enumerate(_cells(table, "label"))]
    voted = _cells(table, "ferplus_votes") if "ferplus_votes" in table.column_names else []
    return split_of(images, labels, [_votes(cell, path, n) for n, cell in enumerate(voted)])


def _cells(table: pa.Table, column: str) -> list[Any]:
    return table.column(column).to_pylist()


def _numbering(table: pa.Table) -> Callable[[Any, Path, int], int]:
    """How a label cell becomes 0 to 6: through the names where `datasets` wrote them down."""
    written = json.loads((table.schema.metadata or {}).get(b"huggingface", b"{}"))
    names = written.get("info", {}).get("features", {}).get("label", {}).get("names")

    def number(cell: Any, path: Path, row: int) -> int:
        named = names[cell] if names and isinstance(cell, int) and cell in range(len(names)) else ""
        if named.lower() in LABELS:
            return LABELS.index(named.lower())
        return label_number(str(cell), path, row)

    return number


def _image(cell: Any, where: str) -> np.ndarray:
    if not isinstance(cell, dict) or not cell.get("bytes"):
        raise DataError(f"{where}: no image bytes")
    return _decode(cell["bytes"], where)


def _votes(cell: list[int] | None, path: Path, row: int) -> np.ndarray:
    counts = cell or [0] * len(VOTES)
    if len(counts) != len(VOTES):
        raise DataError(f"{path}, row {row}: expected {len(VOTES)} votes, but got {len(counts)}")
    return shares(counts)


def _decode(encoded: bytes, where: str) -> np.ndarray:
    """uint8 (48, 48), grey. The size is looked at before the pixels are unpacked."""
    try:
        with Image.open(io.BytesIO(encoded), formats=FORMATS) as image:
            if image.size != (CROP_SIZE, CROP_SIZE):
                got = "{}x{}".format(*image.size)
                raise DataError(f"{where}: expected 48x48 pixels, but got {got}")
            return np.asarray(image.convert("L"))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise DataError(f"{where}: not an image that can be read") from error
