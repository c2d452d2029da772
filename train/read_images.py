"""Image files in folders named after their labels, or beside a labels.csv; and parquet.

An image of 48x48 pixels is a face already cropped, as FER-2013's are. In any other the largest
face is found and cropped as serving does it. Rows of parquet count from 0, as pandas shows them.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
from train.read_csv import read_table
from train.split import SPLIT_OF, UNSTATED, VOTES, Array, person_in, shares

SUFFIXES = {
    *(".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    *(".avif", ".jp2", ".ppm", ".pgm", ".heic", ".heif"),
}
LABELS_FILE = "labels.csv"
IMAGE_COLUMNS = ("image", "img", "photo")
VOTES_COLUMN = "ferplus_votes"
LABEL_COLUMNS = ("label", "labels", "emotion", "expression", "annotations")
MOST_NAMED = 10  # files that a message lists by name


@dataclass
class Cropper:
    """Images to crops. `missed` and `broken` are the names of those that gave none."""

    detector: Detector = field(default_factory=load_detector)
    missed: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def crop_all(self, table: pd.DataFrame, where: str = "") -> pd.DataFrame:
        """The rows whose `image`, a path or bytes, gave a face, and that face in its place.

        `where`, before the row's index, names an image in the report.
        """
        rows = tqdm(table["image"].items(), "images", len(table), leave=False)
        crops = [self.crop(image, f"{where}{row}") for row, image in rows]
        crops = pd.Series(crops, table.index, dtype=object)
        return table.assign(image=crops)[crops.notna()]

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
    found = sorted(path for path in folder.glob("*/**/*") if path.is_file() and not _hidden(path))
    names.tell_numbers({path.parent.name for path in found}, str(folder))
    images = [path for path in found if path.suffix.lower() in SUFFIXES]
    if left := sorted({*found} - {*images}):
        names_left = [str(path.relative_to(folder)) for path in left]
        tell(_named("Not images, and left out:", names_left))
    table = pd.DataFrame(
        {
            "path": images,
            "label": [path.parent.name for path in images],
            "split": [_split(path, folder) for path in images],
            "person": [person_in(path.stem) for path in images],
        },
        index=[str(path.parent) for path in images],
    )
    return names.keep(table)


def read_images(
    folder: Path, names: LabelNames, cropper: Cropper, tell: Callable[[str], None]
) -> pd.DataFrame:
    """The faces of all images below a folder."""
    table = list_photographs(folder, names, tell)
    return cropper.crop_all(table.assign(image=table["path"]).set_index("path"))


def read_parquet(path: Path, names: LabelNames, cropper: Cropper) -> pd.DataFrame:
    """The faces in a parquet file as the library `datasets` writes it.

    The file's name, or its folder's, tells the split.
    """
    try:
        stored = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: can't be read as parquet ({error})") from error
    image, label = _column(stored, IMAGE_COLUMNS, path), _column(stored, LABEL_COLUMNS, path)
    cells, where = stored.column(image).to_pylist(), f"{path}, row "
    for row, cell in enumerate(cells):
        if not isinstance(cell, dict) or not cell.get("bytes"):
            raise DataError(f"{where}{row}: no image bytes")
    first = path.stem.split("-")[0].lower()
    table = pd.DataFrame(
        {
            "image": [cell["bytes"] for cell in cells],
            "label": _labels(stored, label, where),
            "split": SPLIT_OF.get(first) or SPLIT_OF.get(path.parent.name.lower()) or UNSTATED,
            "person": [person_in(Path(cell.get("path") or "").stem) for cell in cells],
        }
    )
    if VOTES_COLUMN in stored.column_names:
        votes = stored.column(VOTES_COLUMN).to_pylist()
        table["votes"] = [_votes(cell, f"{where}{row}") for row, cell in enumerate(votes)]
    return cropper.crop_all(names.keep(table, where), where)


def _labels(stored: pa.Table, column: str, where: str) -> list[str]:
    """As text: of scores the highest's name, of numbers the class's where `datasets` wrote it."""
    written = json.loads((stored.schema.metadata or {}).get(b"huggingface", b"{}"))
    feature = written.get("info", {}).get("features", {}).get(column, {})
    labels, classes = stored.column(column).to_pylist(), feature.get("names")
    for row, label in enumerate(labels):
        if classes and isinstance(label, int) and label not in range(len(classes)):
            raise DataError(f"{where}{row}: label {label}, but only {len(classes)} are named")
        if isinstance(label, dict | list):
            labels[row] = _highest(label, f"{where}{row}")
    return [
        str(classes[label] if classes and isinstance(label, int) else label) for label in labels
    ]


def _highest(scores: Any, where: str) -> str:
    """The name with the highest score, or sum of several people's; unknown where two have it."""
    total: Counter[str] = Counter()
    try:
        for one in scores if isinstance(scores, list) else [scores]:
            total.update({name: float(score or 0) for name, score in one.items()})
    except (AttributeError, TypeError, ValueError) as error:
        raise DataError(f"{where}: expected scores by name, but got {str(scores)[:60]}") from error
    (first, high), (_, low) = (*total.most_common(2), ("unknown", 0), ("unknown", 0))[:2]
    return first if high > low else "unknown"


def _hidden(path: Path) -> bool:
    """Such as macOS's `._x.jpg` and notebooks' `.ipynb_checkpoints`."""
    return path.name.startswith(".") or path.parent.name.startswith(".")


def _listed(path: Path, names: LabelNames) -> pd.DataFrame:
    table = names.keep(read_table(path, "file", "label"), f"{path}, row ")
    table["path"] = [path.parent / file for file in table["file"]]
    splits = table["split"] if "split" in table.columns else [""] * len(table)
    table["split"] = [_split_named(name, path) for name in splits]
    if "person" not in table.columns:
        table["person"] = [person_in(file.stem) for file in table["path"]]
    return table


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
