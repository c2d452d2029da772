"""Image files in folders named after their labels, or beside a labels.csv; and parquet.

An image of 48x48 pixels is a face already cropped, as FER-2013's are. In any other the largest
face is found and cropped as serving does it. Rows of parquet count from 0, as pandas shows them.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from emotion.crop import crop_faces
from emotion.detection import Detector, load_detector
from emotion.image import load_image
from emotion.types import CROP_SIZE, ImageError
from train.errors import DataError
from train.labels import LabelNames
from train.split import SPLIT_OF, UNSTATED, VOTES, Array, Sample, person_in, shares

SUFFIXES = {
    *(".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    *(".avif", ".jp2", ".ppm", ".pgm", ".heic", ".heif"),
}
LABELS_FILE = "labels.csv"
IMAGE_COLUMNS = ("image", "img", "photo")
LABEL_COLUMNS = ("label", "labels", "emotion", "expression")
MOST_NAMED = 10  # files that a message lists by name


@dataclass
class Cropper:
    """Images to crops. `missed` and `broken` are the names of those that gave none."""

    detector: Detector = field(default_factory=load_detector)
    missed: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def crop(self, source: Path | bytes, where: str) -> Array | None:
        """uint8 (48, 48); None where no face is found, or where it is no image."""
        try:
            image = load_image(source)
        except ImageError as error:
            self.broken.append(f"{where} ({error})")
            return None
        if image.shape[:2] == (CROP_SIZE, CROP_SIZE):
            return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
        faces = self.detector.detect(image)
        if not faces:
            self.missed.append(where)
            return None
        (crop,) = crop_faces(image, faces[:1])
        return np.asarray(crop)

    def report(self) -> str:
        """Which images gave no crop; empty where all did."""
        parts = (_named("No face found:", self.missed), _named("Can't be read:", self.broken))
        return " ".join(filter(None, parts))


def list_photographs(
    folder: Path, names: LabelNames, tell: Callable[[str], None] = print
) -> pd.DataFrame:
    """A table of the images below a folder: path, label (0..6), split and person, all known.

    From labels.csv where there is one, whose other columns are kept; else from the folders.
    """
    if (folder / LABELS_FILE).is_file():
        return _listed(folder / LABELS_FILE, names)
    rows, left = [], []
    found = sorted(path for path in folder.glob("*/**/*") if path.is_file() and not _hidden(path))
    names.tell_numbers({path.parent.name for path in found}, str(folder))
    for path in found:
        if path.suffix.lower() not in SUFFIXES:
            left.append(str(path.relative_to(folder)))
            continue
        label = names.number(path.parent.name, str(path.parent))
        if label is not None:
            rows.append((path, label, _split(path, folder), person_in(path.stem)))
    if left:
        tell(_named("Not images, and left out:", left))
    return pd.DataFrame(rows, columns=["path", "label", "split", "person"])


def read_images(
    folder: Path, names: LabelNames, cropper: Cropper, tell: Callable[[str], None]
) -> Iterator[Sample]:
    """The faces of all images below a folder."""
    table = list_photographs(folder, names, tell)
    rows = zip(table["path"], table["label"], table["split"], table["person"], strict=True)
    for path, label, split, person in tqdm(rows, "images", len(table), leave=False):
        crop = cropper.crop(path, str(path))
        if crop is not None:
            yield Sample(split, crop, int(label), person=person)


def read_parquet(paths: list[Path], names: LabelNames, cropper: Cropper) -> Iterator[Sample]:
    """The faces in parquet files as the library `datasets` writes them.

    A file's name, or its folder's, tells the split.
    """
    for path in paths:
        first = path.stem.split("-")[0].lower()
        split = SPLIT_OF.get(first) or SPLIT_OF.get(path.parent.name.lower()) or UNSTATED
        try:
            table = pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{path}: can't be read as parquet ({error})") from error
        yield from _in_table(table, path, split, names, cropper)


def _in_table(
    table: pa.Table, path: Path, split: str, names: LabelNames, cropper: Cropper
) -> Iterator[Sample]:
    image, label = _column(table, IMAGE_COLUMNS, path), _column(table, LABEL_COLUMNS, path)
    classes = _class_names(table, label)
    votes = "ferplus_votes" if "ferplus_votes" in table.column_names else None
    for row in range(len(table)):
        where = f"{path}, row {row}"
        cell = table.column(label)[row].as_py()
        if isinstance(cell, int) and classes:
            if cell not in range(len(classes)):
                raise DataError(f"{where}: label {cell}, but only {len(classes)} are named")
            cell = classes[cell]
        number = names.number(str(cell), where)
        encoded = table.column(image)[row].as_py()
        if not isinstance(encoded, dict) or not encoded.get("bytes"):
            raise DataError(f"{where}: no image bytes")
        crop = cropper.crop(encoded["bytes"], where) if number is not None else None
        if number is not None and crop is not None:
            voted = _votes(table.column(votes)[row].as_py(), where) if votes else None
            yield Sample(
                split, crop, number, voted, person_in(Path(encoded.get("path") or "").stem)
            )


def _hidden(path: Path) -> bool:
    """Such as macOS's `._x.jpg` and notebooks' `.ipynb_checkpoints`."""
    return path.name.startswith(".") or path.parent.name.startswith(".")


def _listed(path: Path, names: LabelNames) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, skipinitialspace=True, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: can't be read as CSV ({error})") from error
    for column in ("file", "label"):
        if column not in table.columns:
            found = ", ".join(map(str, table.columns))
            raise DataError(f"{path}: no column {column!r} (found: {found})")
    numbers = [
        names.number(label, f"{path}, row {row}") for row, label in enumerate(table["label"], 2)
    ]
    kept = [number is not None for number in numbers]
    table = table.assign(label=numbers, path=[path.parent / file for file in table["file"]])[kept]
    if "split" not in table.columns:
        table["split"] = ""
    table["split"] = [_split_named(name, path) for name in table["split"]]
    if "person" not in table.columns:
        table["person"] = [person_in(file.stem) for file in table["path"]]
    return table.astype({"label": int})


def _split_named(name: str, path: Path) -> str:
    if name.strip().lower() not in ("", *SPLIT_OF):
        raise DataError(f"{path}: split {name!r}, expected train, valid or test")
    return SPLIT_OF.get(name.strip().lower(), UNSTATED)


def _split(path: Path, folder: Path) -> str:
    """From the folder above the label's; in Kaggle's test/, PublicTest_* are valid."""
    above = path.parent.parent
    split = SPLIT_OF.get(above.name.lower(), UNSTATED) if above != folder.parent else UNSTATED
    usage = SPLIT_OF.get(path.name.split("_")[0].lower())
    return "valid" if (split, usage) == ("test", "valid") else split


def _column(table: pa.Table, names: tuple[str, ...], path: Path) -> str:
    for name in names:
        if name in table.column_names:
            return name
    found = ", ".join(table.column_names)
    raise DataError(f"{path}: no column {names[0]!r} (found: {found})")


def _class_names(table: pa.Table, column: str) -> list[str]:
    """The names of the numbers in a column, where `datasets` wrote them down."""
    written = json.loads((table.schema.metadata or {}).get(b"huggingface", b"{}"))
    feature = written.get("info", {}).get("features", {}).get(column, {})
    return list(feature.get("names") or [])


def _votes(cell: list[int] | None, where: str) -> Array:
    counts = cell or [0] * len(VOTES)
    if len(counts) != len(VOTES):
        raise DataError(f"{where}: expected {len(VOTES)} votes, but got {len(counts)}")
    return shares(counts)


def _named(sentence: str, files: list[str]) -> str:
    if not files:
        return ""
    more = f" and {len(files) - MOST_NAMED} more" if len(files) > MOST_NAMED else ""
    return f"{sentence} {', '.join(files[:MOST_NAMED])}{more} ({len(files)} in all)."
