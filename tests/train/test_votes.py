"""What annotators saw: which faces count, how much, and as what."""

import numpy as np
import pytest
import torch

from emotion.types import LABELS
from train import votes
from train.objective import log_prior
from train.split import VOTES


def cast(**shares: float) -> np.ndarray:
    """One face's votes, (1, 10), by the names of FER+."""
    row = [shares.get(name.replace(" ", "_"), 0.0) for name in VOTES]
    return np.array([row], np.float32)


@pytest.mark.parametrize(
    ("face", "weight", "label", "unnamed"),
    [
        (cast(), 0.0, None, False),  # nobody voted
        (cast(happiness=1.0), 1.0, "happy", False),
        (cast(anger=0.6, contempt=0.4), 0.6, "angry", False),
        (cast(sadness=0.3, neutral=0.2, unknown=0.5), 0.0, None, True),
        (cast(sadness=0.4, fear=0.4, neutral=0.2), 1.0, None, True),
        (cast(surprise=0.5, fear=0.4, not_a_face=0.1), 0.9, "surprise", True),
    ],
)
def test_a_face(face: np.ndarray, weight: float, label: str | None, unnamed: bool) -> None:
    targets = votes.targets(face)
    assert targets.shape == (1, 7)
    assert targets.sum() == pytest.approx(weight)
    found = votes.majority(face)[0]
    assert found == (votes.NO_MAJORITY if label is None else LABELS.index(label))
    if weight and label:
        assert targets.argmax() == found
    assert votes.unnamed(face)[0] == unnamed


def test_the_rarest_labels_count_as_common_as_the_floor() -> None:
    targets = torch.tensor([[0.6, 0.4], [0.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    assert log_prior(targets, 0.2).exp().tolist() == pytest.approx([2.6 / 3, 0.2])
