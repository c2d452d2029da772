"""One split of FER-2013 as arrays."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion.types import LABELS
from train.errors import DataError

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


def split_of(images: list[np.ndarray], labels: list[int], votes: list[np.ndarray]) -> Split:
    """A split from its rows, of which there is at least one; no votes at all stand for zeros."""
    counted = np.stack(votes) if votes else np.zeros((len(labels), len(VOTES)), np.float32)
    return Split(np.stack(images), np.array(labels, np.int64), counted)


def label_number(text: str, path: Path, row: int) -> int:
    """0 to 6 from FER-2013's own numbering; DataError for anything else."""
    if text.strip() in {str(number) for number in range(len(LABELS))}:
        return int(text)
    raise DataError(f"{path}, row {row}: label {text!r}, expected 0 to {len(LABELS) - 1}")


def shares(counts: list[int]) -> np.ndarray:
    """Ten annotators' votes as a float32 distribution (10,); all zero where nobody voted."""
    votes = np.asarray(counts, np.float32)
    return votes / max(1.0, float(votes.sum()))
