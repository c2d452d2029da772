"""FER-2013, in the forms that people have it, to uint8 arrays; FER+ votes where they are given."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, UnidentifiedImageError

from emotion.types import CROP_SIZE, LABELS

# The columns of FER+, in its own order.
VOTES = (
    "neutral", "happiness", "surprise", "sadness", "anger",
    "disgust", "fear", "contempt", "unknown", "not a face",
)  # fmt: skip
SPLITS = ("train", "valid", "test")


class DataError(Exception):
    """The data can't be used as they are; the message names the file and the row."""


@dataclass(frozen=True, slots=True)
class Split:
    """N faces: images uint8 (N, 48, 48), labels int64 (N,), votes float32 (N, 10).

    A row of votes sums to 1, or is all zero where there are none.
    """

    images: np.ndarray
    labels: np.ndarray
    votes: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, keep: np.ndarray) -> "Split":
        """The rows that a boolean mask or an index array picks."""
        return Split(self.images[keep], self.labels[keep], self.votes[keep])

    @property
    def counts(self) -> dict[str, int]:
        """Images of each class."""
        counted = np.bincount(self.labels, minlength=len(LABELS))
        return dict(zip(LABELS, counted.tolist(), strict=True))


def load(source: str | Path) -> dict[str, Split]:
    """The splits train, valid and test of a data set; DataError where it is not usable."""
    folder = Path(source)
    return {split: _read_parquet(folder / f"{split}.parquet") for split in SPLITS}


def drop_twins(train: Split, *others: Split) -> Split:
    """`train` without the images that stand, pixel for pixel, in one of the others too."""
    return train.where(~twins(train, *others))


def twins(split: Split, *others: Split) -> np.ndarray:
    """Booleans (N,): the image stands, pixel for pixel, in one of the others."""
    elsewhere = {image.tobytes() for other in others for image in other.images}
    return np.array([image.tobytes() in elsewhere for image in split.images], bool)


def _read_parquet(path: Path) -> Split:
    table = pd.read_parquet(path)
    images = np.stack([_decode(row["bytes"], path, n) for n, row in enumerate(table["image"])])
    votes = np.zeros((len(table), len(VOTES)), np.float32)
    for row, given in enumerate(table["ferplus_votes"]):
        if given is not None and sum(given):
            votes[row] = np.asarray(given, np.float32) / sum(given)
    return Split(images, table["label"].to_numpy(np.int64), votes)


def _decode(encoded: bytes, path: Path, row: int) -> np.ndarray:
    try:
        image = np.asarray(Image.open(io.BytesIO(encoded)).convert("L"))
    except (UnidentifiedImageError, OSError) as error:
        raise DataError(f"{path}, row {row}: not an image") from error
    if image.shape != (CROP_SIZE, CROP_SIZE):
        got = f"{image.shape[1]}x{image.shape[0]}"
        raise DataError(f"{path}, row {row}: expected 48x48 pixels, but got {got}")
    return image
