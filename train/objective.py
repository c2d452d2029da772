"""What is minimised: cross-entropy against soft targets, with a weight for each class."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from emotion.types import LABELS
from train import votes
from train.recipes import Recipe
from train.split import Split


@dataclass(frozen=True, slots=True)
class Lesson:
    """What teachers say of N faces, (N, 7) each: of what people see, and of FER-2013's labels.

    Rows sum to 1, or are all zero where no teacher has learned it.
    """

    served: Tensor
    fer2013: Tensor


def suited(recipe: Recipe, train: Split) -> Recipe:
    """The recipe for these faces: without votes, the one head learns the labels."""
    if votes.usable(train.votes):
        return recipe
    return replace(recipe, votes=False, fer2013=0.0)


def targets_of(recipe: Recipe, split: Split, *, smoothed: bool = True) -> list[Tensor]:
    """What each head is to learn, (N, 7): the served one, and FER-2013's where there is one."""
    smoothing = recipe.label_smoothing if smoothed else 0.0
    labels = label_targets(torch.from_numpy(split.labels), smoothing)
    voted = recipe.votes and votes.usable(split.votes)
    served = torch.from_numpy(votes.targets(split.votes)) if voted else labels
    return [served, labels] if recipe.fer2013 else [served]


def decided(recipe: Recipe, split: Split) -> Tensor:
    """(N, 7) 1 for what most annotators saw, all 0 without a majority; else for the label."""
    voted = recipe.votes and votes.usable(split.votes)
    truth = torch.from_numpy(votes.majority(split.votes) if voted else split.labels)
    hard = functional.one_hot(truth.clamp(min=0), len(LABELS)).float()
    return hard * (truth != votes.NO_MAJORITY)[:, None]


def log_prior(targets: Tensor, floor: float | None) -> Tensor:
    """(7,) logs of how common each label is in targets (N, 7), at least `floor`; 0 for None.

    Added to the logits in training and left out in serving, it makes the answers those of a world
    where all labels are equally common (balanced softmax, Ren et al. 2020; logit adjustment, Menon
    et al. 2021). The floor keeps the rarest from being called too often.
    """
    if floor is None:
        return torch.zeros(len(LABELS))
    return (targets.sum(0) / targets.sum()).clamp(min=floor).log()


def soft_cross_entropy(
    logits: Tensor, targets: Tensor, weights: Tensor, total: Tensor | None = None
) -> Tensor:
    """Mean cross-entropy of (N, K) against (N, K) targets; a row weighs as much as it sums to.

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
    """(N, 7) targets with a share of the teachers' in them; each row weighs what it did.

    A row of the lesson that is all zero says nothing: there the targets stay.
    """
    mixed = (1 - share) * own + share * own.sum(1, keepdim=True) * lesson
    return torch.where(lesson.sum(1, keepdim=True) > 0, mixed, own)


def class_weights(recipe: Recipe, counts: Tensor) -> Tensor:
    """(7,) weights, by how rare the classes are; counts (7,) are the training images of each."""
    if recipe.class_weights == "fixed":
        return counts.sum() / (len(LABELS) * counts.clamp(min=1))
    return torch.ones(len(LABELS))
