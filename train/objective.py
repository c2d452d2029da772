"""What is minimised: cross-entropy against soft targets, with a weight for each class."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from emotion.types import LABELS
from train.recipes import Recipe

# Added to the share of a class that is missed: a class always recognised keeps a fifth of the
# weight of one never recognised, so that it is not unlearnt.
DYNAMIC_FLOOR = 0.25


@dataclass(frozen=True, slots=True)
class Lesson:
    """What teachers say of N faces: labels (N, 7) and votes (N, 10), rows that sum to 1.

    votes are all zero where no teacher has learned any.
    """

    labels: Tensor
    votes: Tensor


def soft_cross_entropy(
    logits: Tensor, targets: Tensor, weights: Tensor, total: Tensor | None = None
) -> Tensor:
    """Mean cross-entropy of (N, K) against (N, K) distributions; an all-zero row does not count.

    weights (K,) are those of the classes. `total` is what the sum is divided by, where these rows
    are one process's share of a batch: the `weight_of` the whole.
    """
    losses = -(targets * weights * logits.float().log_softmax(1)).sum(1)
    return losses.sum() / (weight_of(targets, weights) if total is None else total)


def weight_of(targets: Tensor, weights: Tensor) -> Tensor:
    """The sum of weighted targets, and never 0."""
    return (targets * weights).sum().clamp(min=1e-6)


def label_targets(labels: Tensor, smoothing: float) -> Tensor:
    """(N, 7) distributions: 1 - smoothing on the label, the rest spread over all seven."""
    hard = functional.one_hot(labels, len(LABELS)).float()
    return hard * (1 - smoothing) + smoothing / len(LABELS)


def taught(own: Tensor, lesson: Tensor, share: float) -> Tensor:
    """(N, K) targets with a share of the teachers' in them.

    Where one side has nothing to say, a row all zero, the other's stands alone.
    """
    mixed = (1 - share) * own + share * lesson
    return mixed / mixed.sum(1, keepdim=True).clamp(min=1e-6)


def class_weights(recipe: Recipe, counts: Tensor, recall: Tensor) -> Tensor:
    """(7,) weights, of which only the proportions matter.

    counts (7,) are the training images of each class. recall (7,) is that on valid after the last
    epoch, zeros before the first: there, dynamic weights are all the same.
    """
    if recipe.class_weights == "fixed":
        return counts.sum() / (len(LABELS) * counts.clamp(min=1))
    if recipe.class_weights == "dynamic":
        return 1 - recall + DYNAMIC_FLOOR
    return torch.ones(len(LABELS))
