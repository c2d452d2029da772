"""Teachers: finished runs of other recipes, whose mean answer a student learns beside the labels.

Hinton et al. 2015. Where labels are as disputed as FER-2013's, the teachers' doubts correct them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import Accelerator
from torch import Tensor
from tqdm import tqdm

from emotion.types import LABELS
from train import checkpoint
from train.augment import to_pixels
from train.checkpoint import BEST, LAST
from train.loop import fit
from train.network import ExpressionNet, restore
from train.objective import Lesson, suited
from train.recipes import RECIPES, Recipe, from_json
from train.split import Split

# Faces that a teacher sees at once.
BATCH = 256


@dataclass(frozen=True, slots=True)
class School:
    """Fits recipes to `train`, their teachers first, and the teachers' teachers before those."""

    train: Split
    valid: Split
    seed: int
    accelerator: Accelerator

    def fit(self, recipe: Recipe, out: Path, *, resume: bool) -> Path:
        """As `loop.fit`; a teacher's run lies beside `out`, in a folder of its recipe's name."""
        return fit(
            recipe,
            self.train,
            self.valid,
            out,
            seed=self.seed,
            resume=resume,
            accelerator=self.accelerator,
            lesson=self._lesson(recipe, out.parent),
        )

    def _lesson(self, recipe: Recipe, runs: Path) -> Lesson | None:
        """What the recipe's teachers say; those that are not in `runs` are trained first."""
        if not recipe.teachers:
            return None
        for name in recipe.teachers:
            if not is_finished(suited(RECIPES[name], self.train), runs / name):
                self.accelerator.print(f"{runs / name}: the teacher {name} is trained first")
                self.fit(RECIPES[name], runs / name, resume=(runs / name / LAST).is_file())
                self.accelerator.free_memory()
        images = torch.from_numpy(self.train.images).to(self.accelerator.device)
        return teach([runs / name / BEST for name in recipe.teachers], images)


def is_finished(recipe: Recipe, out: Path) -> bool:
    """Whether `out` holds a run of the recipe, as it is now, that has come to its end."""
    if not (out / LAST).is_file() or not (out / BEST).is_file():
        return False
    saved = checkpoint.load(out / LAST, "recipe", "history")
    # A recipe with patience may end sooner, and such a run is gone on with, for nothing, at most.
    return from_json(saved["recipe"]) == recipe and len(saved["history"]) >= recipe.epochs


def teach(bests: Sequence[Path], images: Tensor) -> Lesson:
    """The mean over the teachers' `best.pt`, and over each face, uint8 (N, 48, 48), and its mirror.

    Raises WeightsError where a file is no checkpoint.
    """
    heads: tuple[list[Tensor], list[Tensor]] = ([], [])
    for best in bests:
        network, recipe = restore(best)
        said = _answers(network.to(images.device), recipe.phases[-1].size, images)
        for head, answers in zip(heads, said, strict=False):
            head.append(answers)
    none = torch.zeros(len(images), len(LABELS), device=images.device)
    served, fer2013 = (torch.stack(head).mean(0) if head else none for head in heads)
    return Lesson(served, fer2013)


@torch.no_grad()
def _answers(network: ExpressionNet, size: int, images: Tensor) -> list[Tensor]:
    """Probabilities (N, 7) of each head; of the served one with the prior in them, as in votes."""
    rows = []
    for part in tqdm(images.split(BATCH), "asking a teacher"):
        pixels = to_pixels(part, size)
        views = [_softmax(network, view) for view in (pixels, pixels.flip(3))]
        rows.append([torch.stack(head).mean(0) for head in zip(*views, strict=True)])
    return [torch.cat(head) for head in zip(*rows, strict=True)]


def _softmax(network: ExpressionNet, pixels: Tensor) -> list[Tensor]:
    served, labels = network(pixels)
    heads = [served + network.log_prior] + ([] if labels is None else [labels])
    return [logits.float().softmax(1) for logits in heads]
