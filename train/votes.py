"""What ten annotators saw in a face (FER+, Barsoum et al. 2016), over our seven labels."""

from typing import Any

import numpy as np
import numpy.typing as npt

from train.split import VOTE_OF_LABEL, VOTES

NO_MAJORITY = -1

# The votes for what is none of the seven: contempt, unknown, not a face.
OTHERS = [index for index in range(len(VOTES)) if index not in VOTE_OF_LABEL]

Floats = npt.NDArray[np.floating[Any]]


def targets(votes: Floats) -> Floats:
    """Votes (N, 10), rows that sum to 1 or 0, to what is to be learned of each label, (N, 7).

    A row sums to the share of votes for the seven: the rest weighs the face down. Where that is
    no more than half, it is all 0, and the face is left out.
    """
    seven = votes[:, VOTE_OF_LABEL]
    return np.where(seven.sum(1, keepdims=True) > 0.5, seven, 0)


def majority(votes: Floats) -> npt.NDArray[np.int64]:
    """(N,) the label with more votes than any other answer; NO_MAJORITY where there is none."""
    seven = votes[:, VOTE_OF_LABEL]
    second = np.maximum(np.sort(seven, 1)[:, -2], votes[:, OTHERS].max(1))
    return np.where(seven.max(1) > second, seven.argmax(1), NO_MAJORITY)


def usable(votes: Floats) -> bool:
    """Whether any face, of votes (N, 10), can be learned from and judged by a majority."""
    return bool(((targets(votes).sum(1) > 0) & (majority(votes) != NO_MAJORITY)).any())


def unnamed(votes: Floats) -> npt.NDArray[np.bool_]:
    """(N,) whether people voted and no label of the seven got more than half of the votes."""
    divided: npt.NDArray[np.bool_] = votes[:, VOTE_OF_LABEL].max(1) <= 0.5
    return np.asarray(divided & (votes.sum(1) > 0))
