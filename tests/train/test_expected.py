"""Labels that votes let expect: probabilities, and no face's own secret."""

import dataclasses

import numpy as np
import pytest
import torch

from train.expected import expected_labels
from train.loop import Device
from train.recipes import Recipe
from train.split import VOTE_OF_LABEL, Split


def clear(count: int, wrong: int) -> tuple[torch.Tensor, torch.Tensor]:
    """`count` faces a label, each voted for unanimously; the first `wrong` of angry called sad."""
    labels = torch.arange(7).repeat_interleave(count)
    votes = torch.eye(10)[torch.tensor(VOTE_OF_LABEL)[labels]]
    labels[:wrong] = 4
    return labels, votes


def test_a_slip_is_expected_as_often_as_slips_are() -> None:
    labels, votes = clear(100, wrong=20)
    likely = expected_labels(labels, votes)
    assert likely.shape == (700, 7)
    assert torch.allclose(likely.sum(1), torch.ones(700))
    # The face that was called sad by mistake and one that was not: the same votes, the same answer.
    assert torch.equal(likely[0], likely[99])
    assert likely[0, 0].item() == pytest.approx(0.8, abs=0.05)
    assert likely[0, 4].item() == pytest.approx(0.2, abs=0.05)
    assert likely[400].argmax() == 4


def test_without_votes_a_label_is_itself() -> None:
    labels, votes = clear(20, wrong=5)
    votes[7] = 0
    assert expected_labels(labels, votes)[7].tolist() == [1, 0, 0, 0, 0, 0, 0]
    everyone = expected_labels(labels, torch.zeros_like(votes))
    assert torch.equal(everyone.argmax(1), labels)


def test_data_that_lack_a_label_expect_it_never() -> None:
    labels, votes = clear(20, wrong=0)
    few = labels != 1
    likely = expected_labels(labels[few], votes[few])
    assert torch.allclose(likely.sum(1), torch.ones(120))
    assert (likely[:, 1] == 0).all()


def test_one_label_alone_is_certain() -> None:
    likely = expected_labels(torch.full((5,), 3), torch.full((5, 10), 0.1))
    assert likely.argmax(1).tolist() == [3] * 5
    assert (likely.max(1).values == 1).all()


def test_a_recipe_mixes_them_in(tiny: Recipe, splits: dict[str, Split]) -> None:
    recipe = dataclasses.replace(tiny, label_smoothing=0.0, expected=0.5)
    device = Device.of(splits["train"], torch.device("cpu"))
    labels, votes = device.targets(recipe, None)
    own = np.take_along_axis(labels.numpy(), splits["train"].labels[:, None], 1)
    assert (own >= 0.5).all()
    assert own.min() < 1
    assert torch.allclose(labels.sum(1), torch.ones(len(labels)))
    assert torch.equal(votes, device.votes)
