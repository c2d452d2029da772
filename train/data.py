"""FER-2013, in the forms that people have it, to uint8 arrays; FER+ votes where they are given.

- Kaggle's fer2013.csv or icml_face_data.csv, or a folder with one of them
- Kaggle's folder tree train/LABEL/*.jpg, test/LABEL/*.jpg
- a folder of parquet files as the library `datasets` writes them
- OWNER/NAME of a data set on the Hub that holds one of these
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from huggingface_hub import snapshot_download

from emotion.types import LABELS
from train.errors import DataError
from train.read_csv import read_csv
from train.read_images import NAMES, read_parquet, read_tree
from train.split import SPLITS, VOTES, Split

__all__ = [
    "SPLITS",
    "VOTES",
    "DataError",
    "Split",
    "drop_twins",
    "load",
    "report",
    "twins",
]

CSV_NAMES = ("fer2013.csv", "icml_face_data.csv")

# Images of each class in FER-2013 as published, in the order of LABELS.
OFFICIAL = {
    "train": (3995, 436, 4097, 7215, 4830, 3171, 4965),
    "valid": (467, 56, 496, 895, 653, 415, 607),
    "test": (491, 55, 528, 879, 594, 416, 626),
}


def load(source: str | Path, ferplus: str | Path | None = None) -> dict[str, Split]:
    """The splits train, valid and test of a data set.

    `ferplus` is FER+'s fer2013new.csv and goes with a CSV; parquet has the votes in its column
    ferplus_votes. Raises DataError where anything is missing or wrong.
    """
    path = Path(source)
    if not path.exists():
        path = _download(str(source))
    splits = _read(path, Path(ferplus) if ferplus else None)
    for name in SPLITS:
        if name not in splits:
            raise DataError(f"{source}: no images for the split {name}")
    return {name: splits[name] for name in SPLITS}


def drop_twins(train: Split, *others: Split) -> Split:
    """`train` without the images that stand, pixel for pixel, in one of the others too."""
    return train.where(~twins(train, *others))


def twins(split: Split, *others: Split) -> np.ndarray:
    """Booleans (N,): the image stands, pixel for pixel, in one of the others."""
    elsewhere = {image.tobytes() for other in others for image in other.images}
    return np.array([image.tobytes() in elsewhere for image in split.images], bool)


def report(splits: Mapping[str, Split]) -> str:
    """Counts of each class and split as a table, checked against FER-2013's, and the twins."""
    rows = [f"{'':10}" + "".join(f"{name:>8}" for name in splits)]
    counts = [split.counts for split in splits.values()]
    rows += [f"{label:10}" + "".join(f"{count[label]:8}" for count in counts) for label in LABELS]
    rows.append(f"{'all':10}" + "".join(f"{len(split):8}" for split in splits.values()))
    strange = [name for name, s in splits.items() if tuple(s.counts.values()) != OFFICIAL[name]]
    checked = f"warning: {', '.join(strange)} differ from it" if strange else "all equal"
    rows.append(f"Checked against FER-2013's published counts: {checked}.")
    rows.append(_twins_report(splits))
    return "\n".join(rows)


def _twins_report(splits: Mapping[str, Split]) -> str:
    train, valid, test = (splits[name] for name in SPLITS)
    in_train = int(twins(train, valid, test).sum())
    return (
        f"Pixel-identical twins: {in_train} images of train stand in valid or test too; "
        f"{int(twins(valid, train).sum())} of valid and {int(twins(test, train).sum())} of test "
        "stand in train."
    )


def _read(path: Path, ferplus: Path | None) -> dict[str, Split]:
    table = path if path.is_file() else _csv_in(path)
    if table is not None:
        return read_csv(table, ferplus)
    if ferplus is not None:
        raise DataError(f"{ferplus}: its votes can be joined to a CSV only, and {path} is none")
    if next(path.rglob("*.parquet"), None):
        return read_parquet(path)
    if any(folder.is_dir() and folder.name.lower() in NAMES for folder in path.iterdir()):
        return read_tree(path)
    raise DataError(f"{path}: neither {', '.join(CSV_NAMES)}, nor parquet, nor train/LABEL/ in it")


def _csv_in(folder: Path) -> Path | None:
    return next((folder / name for name in CSV_NAMES if (folder / name).is_file()), None)


def _download(name: str) -> Path:
    """A data set of the Hub; where it holds no parquet, the Hub's own conversion to it."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise DataError(f"{name}: no such file or folder")
    try:
        folder = _snapshot(name, "main")
        has_data = any(folder.rglob("*.parquet")) or _csv_in(folder)
        return folder if has_data else _snapshot(name, "refs/convert/parquet")
    except OSError as error:  # every error of the Hub's client is one
        why = type(error).__name__
        raise DataError(
            f"{name}: no such file or folder here, and not to be had from the Hub ({why})"
        ) from error


def _snapshot(name: str, revision: str) -> Path:
    files = ["*.parquet", *CSV_NAMES]
    return Path(
        snapshot_download(name, repo_type="dataset", revision=revision, allow_patterns=files)
    )
