"""Faces as arrays: one sample, one split, and how a valid split is made where there is none."""

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from emotion.types import LABELS
from train.errors import DataError
from train.labels import NUMBER_OF

# The columns of FER+, in its own order.
VOTES = (
    "neutral", "happiness", "surprise", "sadness", "anger",
    "disgust", "fear", "contempt", "unknown", "not a face",
)  # fmt: skip
# Where in VOTES each of LABELS stands.
VOTE_OF_LABEL = tuple(
    VOTES.index(name)
    for name in ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
)
SPLITS = ("train", "valid", "test")
# What a split is called in folders, files and columns.
SPLIT_OF = {
    "train": "train", "training": "train",
    "valid": "valid", "validation": "valid", "val": "valid", "dev": "valid", "publictest": "valid",
    "test": "test", "testing": "test", "privatetest": "test",
}  # fmt: skip
UNSTATED = "all"  # the split of samples whose data set names none

# The share of train that becomes valid is one of FEW_PARTS, in large data sets one of MANY_PARTS.
FEW_PARTS, MANY_PARTS, LARGE = 5, 10, 5000
# With fewer names than this the files are named by something else, such as the camera.
FEWEST_PEOPLE = 5

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Split:
    """N faces: images uint8 (N, 48, 48), labels int64 (N,), votes float32 (N, 10).

    A row of votes sums to 1, or is all zero where there are none.
    """

    images: Array
    labels: Array
    votes: Array

    @classmethod
    def of(cls, table: pd.DataFrame) -> "Split":
        """From rows of image uint8 (48, 48), label 0..6 and, if known, votes float32 (10,)."""
        votes = np.zeros((len(table), len(VOTES)), np.float32)
        if "votes" in table.columns:
            known = table["votes"].notna().to_numpy()
            votes[known] = np.stack(table["votes"][known]) if known.any() else 0
        return cls(np.stack(table["image"]), table["label"].to_numpy(np.int64, copy=True), votes)

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, keep: Array) -> "Split":
        """The rows that a boolean mask or an index array picks."""
        return Split(self.images[keep], self.labels[keep], self.votes[keep])

    @property
    def counts(self) -> dict[str, int]:
        """Images of each class."""
        counted = np.bincount(self.labels, minlength=len(LABELS))
        return dict(zip(LABELS, counted.tolist(), strict=True))


def divide(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The table with a part of the split train made valid, and a sentence on how.

    Labels keep their shares. Where names tell people apart, nobody is in both. Raises DataError
    where there are too few.
    """
    train = table[table["split"] == "train"]
    people, told = _people(train["person"].tolist() if "person" in train else [""] * len(train))
    parts = FEW_PARTS if len(train) < LARGE else MANY_PARTS
    folds = StratifiedGroupKFold(parts, shuffle=True, random_state=0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of labels rarer than the parts
            _, valid = next(folds.split(train, train["label"], people))
    except ValueError as error:
        raise DataError(f"{len(train)} faces are too few to take a valid split from") from error
    how = "nobody is in both" if told else "by image, as file names tell no people apart"
    said = f"No valid split given: {len(valid)} of {len(train)} images become it ({how})."
    splits = table["split"].to_numpy(dtype=object)
    splits[np.flatnonzero(splits == "train")[valid]] = "valid"
    return table.assign(split=splits), said


def person_in(name: str) -> str:
    """Who a file named `name`, without its suffix, shows; "" where that is not told.

    `Ann_Lee_0003`, `KA.AN1.39`, `S005_001_07` and `ann7` are Ann_Lee, KA, S005 and ann.
    """
    parts = [part for part in re.split(r"[\W_]+", name) if not _is_label(part)]
    if len(parts) == 1:
        return parts[0].rstrip("0123456789")
    while len(parts) > 1 and not parts[-1].isalpha():
        parts.pop()
    return "_".join(parts)


def shares(counts: Iterable[int]) -> Array:
    """Ten annotators' votes as a float32 distribution (10,); all zero where nobody voted."""
    votes = np.asarray(list(counts), np.float32)
    return votes / max(1.0, float(votes.sum()))


def _is_label(word: str) -> bool:
    return word.isalpha() and word.lower() in NUMBER_OF


def _people(names: Sequence[str]) -> tuple[list[str], bool]:
    """Names that tell people apart and True, or one name an image and False."""
    alone = [name or f"#{number}" for number, name in enumerate(names)]
    counts = Counter(alone)
    if len(counts) < FEWEST_PEOPLE or max(counts.values()) > len(names) / 2:
        return [str(number) for number in range(len(names))], False
    return alone, len(counts) < len(names)
