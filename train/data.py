"""Data in the forms that people have it to grey uint8 faces of 48x48, in splits.

- fer2013.csv or icml_face_data.csv of Kaggle, also .csv.gz, or a folder with one of them
- images in folders named after their labels: LABEL/*.jpg, or train/LABEL/*.jpg and so on
- images with a labels.csv: file, label, and where known person and split
- a parquet file, or a folder of them, as the library `datasets` writes them
- OWNER/NAME of a data set on the Hub in one of these forms

Where images are not 48x48 pixels, their largest face is found and cropped as serving does it.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from huggingface_hub import snapshot_download
from huggingface_hub.errors import RevisionNotFoundError

from train.errors import DataError
from train.labels import LabelNames
from train.read_csv import read_csv
from train.read_images import LABELS_FILE, SUFFIXES, Cropper, read_images, read_parquet
from train.split import SPLITS, UNSTATED, Array, Split, divide

CSV_NAMES = tuple(
    name + end for name in ("fer2013.csv", "icml_face_data.csv") for end in ("", ".gz")
)
ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
FORMS = (
    f"expected {CSV_NAMES[0]}, {CSV_NAMES[2]} (also .gz), parquet files, images in folders named "
    f"after their labels, or images with a {LABELS_FILE}"
)

# Images of each class in FER-2013 as published, in the order of LABELS.
OFFICIAL = {
    "train": (3995, 436, 4097, 7215, 4830, 3171, 4965),
    "valid": (467, 56, 496, 895, 653, 415, 607),
    "test": (491, 55, 528, 879, 594, 416, 626),
}


def load(
    source: str | Path,
    ferplus: str | Path | None = None,
    labels: str = "",
    tell: Callable[[str], None] = print,
) -> dict[str, Split]:
    """The splits train and valid of a data set, and test where it has one.

    A valid split is made from train where there is none. The rest is as of `read`.
    """
    table = _table(source, ferplus, labels, tell)
    table["split"] = table["split"].replace(UNSTATED, "train")
    if not (table["split"] == "train").any():
        raise DataError(f"{source}: no images for the split train")
    if not (table["split"] == "valid").any():
        table, said = divide(table)
        tell(said)
    return _splits(table)


def read(source: str | Path, labels: str = "") -> dict[str, Split]:
    """The splits that a data set has; "all" where it names none.

    `labels` maps names of labels that are not ours (see `LabelNames.parse`). Raises DataError where
    anything is missing or wrong.
    """
    return _splits(_table(source, None, labels, print))


def drop_twins(train: Split, *others: Split) -> Split:
    """`train` without the images that stand, pixel for pixel, in one of the others too."""
    return train.where(~twins(train, *others))


def twins(split: Split, *others: Split) -> Array:
    """Booleans (N,): the image stands, pixel for pixel, in one of the others."""
    elsewhere = {image.tobytes() for other in others for image in other.images}
    return np.array([image.tobytes() in elsewhere for image in split.images], bool)


def is_fer2013(splits: Mapping[str, Split]) -> bool:
    """Whether every class of every split has as many images as FER-2013 was published with."""
    return {name: tuple(split.counts.values()) for name, split in splits.items()} == OFFICIAL


def report(splits: Mapping[str, Split]) -> str:
    """Counts of each class and split as a table, and what is known of them."""
    table = pd.DataFrame({name: split.counts for name, split in splits.items()})
    lacking = table.index[table["train"] == 0]
    table.loc["all"] = table.sum()
    rows = [table.to_string()]
    if is_fer2013(splits):
        rows.append("These are FER-2013's published counts.")
    if len(lacking):
        rows.append(f"No images of {', '.join(lacking)}: the model will not give these labels.")
    return "\n".join(rows)


def _splits(table: pd.DataFrame) -> dict[str, Split]:
    parts = {name: table[table["split"] == name] for name in (*SPLITS, UNSTATED)}
    return {name: Split.of(part) for name, part in parts.items() if len(part)}


def _table(
    source: str | Path, ferplus: str | Path | None, labels: str, tell: Callable[[str], None]
) -> pd.DataFrame:
    """A row a face: image, label and split, and votes and person where they are known.

    `ferplus` is FER+'s fer2013new.csv and goes with a CSV; parquet has the votes in its column
    ferplus_votes. `tell` gets sentences on what was left out.
    """
    path = Path(source)
    if not path.exists():
        path = _download(str(source))
    names, cropper = LabelNames.parse(labels), Cropper()
    if file := _csv(path):
        table = read_csv(file, names, Path(ferplus) if ferplus else None)
    elif ferplus:
        raise DataError(f"{ferplus}: its votes can be joined to a CSV only, and {path} is none")
    elif files := [path] if path.suffix == ".parquet" else sorted(path.rglob("*.parquet")):
        table = pd.concat([read_parquet(file, names, cropper) for file in files])
    elif (path / LABELS_FILE).is_file() or any(
        file.suffix.lower() in SUFFIXES for file in path.glob("*/**/*")
    ):
        table = read_images(path, names, cropper, tell)
    else:
        inside = [path] if path.is_file() else sorted(path.iterdir())
        archives = [file for file in inside if file.suffix.lower() in ARCHIVES]
        if archives:
            raise DataError(f"{archives[0]}: an archive: unpack it, and give the folder")
        raise DataError(f"{path}: {FORMS}")
    said = [text for text in (names.report(), cropper.report()) if text]
    if table.empty:
        raise DataError(" ".join([f"{source}: no faces in it.", *said]))
    for text in said:
        tell(text)
    return table


def _csv(path: Path) -> Path | None:
    """The file itself, or the one that a folder, or a folder in it, holds."""
    if path.is_file():
        return path if path.name.lower().endswith((".csv", ".csv.gz")) else None
    homes = (path, *sorted(folder for folder in path.iterdir() if folder.is_dir()))
    files = (home / name for home in homes for name in CSV_NAMES)
    return next((file for file in files if file.is_file()), None)


def _download(name: str) -> Path:
    """A data set of the Hub: its parquet or CSV, the Hub's conversion to parquet, or its images."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise DataError(f"{name}: no such file or folder")
    try:
        folder = _snapshot(name, "main", "*.parquet", *(f"*{file}" for file in CSV_NAMES))
        if folder.is_dir() and (any(folder.rglob("*.parquet")) or _csv(folder)):
            return folder
        try:
            return _snapshot(name, "refs/convert/parquet", "*.parquet")
        except RevisionNotFoundError:
            folder = _snapshot(name, "main", LABELS_FILE, *(f"*{suffix}" for suffix in SUFFIXES))
    except OSError as error:  # every error of the Hub's client is one
        why = type(error).__name__
        raise DataError(
            f"{name}: no such file or folder here, and not to be had from the Hub ({why})"
        ) from error
    if not folder.is_dir():
        raise DataError(f"{name}: {FORMS}")
    return folder


def _snapshot(name: str, revision: str, *files: str) -> Path:
    return Path(
        snapshot_download(name, repo_type="dataset", revision=revision, allow_patterns=list(files))
    )
