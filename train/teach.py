"""Teachers: finished runs of other recipes, whose mean answer a student learns beside the labels.

Hinton et al. 2015. Where labels are as disputed as FER-2013's, the teachers' doubts correct them.
They are asked of every view that the student sees, changed and mixed as it is (Beyer et al. 2022):
of the images as they are, they have learned much by heart.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.nn import functional

from emotion.types import LABELS
from train import checkpoint
from train.checkpoint import BEST, LAST
from train.loop import Trainer
from train.network import restore
from train.objective import Lesson, suited
from train.processes import from_main
from train.recipes import RECIPES, Recipe, from_json
from train.split import Split


def train_after_teachers(
    recipe: Recipe, train: Split, valid: Split, out: Path, *, seed: int, accelerator: Accelerator
) -> None:
    """Train the recipe's teachers, before these their own, and then the recipe in `out`.

    A teacher's run lies beside `out`, in a folder of its recipe's name. One that is finished serves
    as it is. Any that has a checkpoint is gone on with.
    """
    plans = [*(RECIPES[name] for name in teachers_of(recipe)), recipe]
    for plan, folder in zip(plans, runs_of(recipe, out), strict=True):
        if folder != out:
            if from_main(partial(is_finished, suited(plan, train), folder)):
                continue
            accelerator.print(f"{folder}: this teacher is trained first")
        bests = [out.parent / name / BEST for name in plan.teachers]
        Trainer(
            plan,
            train,
            valid,
            folder,
            seed=seed,
            accelerator=accelerator,
            teachers=Teachers(bests).to(accelerator.device) if bests else None,
        ).run(resume=from_main((folder / LAST).is_file))
        accelerator.free_memory()


def teachers_of(recipe: Recipe) -> list[str]:
    """The recipes of all teachers, and of the teachers' own, in the order of training."""
    names = (inner for name in recipe.teachers for inner in (*teachers_of(RECIPES[name]), name))
    return list(dict.fromkeys(names))


def runs_of(recipe: Recipe, out: Path) -> list[Path]:
    """The folders of the teachers' runs, then the recipe's own."""
    return [*(out.parent / name for name in teachers_of(recipe)), out]


def is_finished(recipe: Recipe, out: Path) -> bool:
    """Whether `out` holds a run of the recipe, as it is now, that has come to its end."""
    if not (out / LAST).is_file() or not (out / BEST).is_file():
        return False
    saved = checkpoint.load(out / LAST, "recipe", "history")
    # A recipe with patience may end sooner, and such a run is gone on with, for nothing, at most.
    return from_json(saved["recipe"]) == recipe and len(saved["history"]) >= recipe.epochs


class Teachers(nn.Module):
    """float (N, 1, S, S) in 0..1 to what the networks of several `best.pt` say of them, on average.

    Each sees them at its own size. Raises WeightsError where a file is no checkpoint.
    """

    def __init__(self, bests: Sequence[Path]) -> None:
        super().__init__()
        restored = [from_main(partial(restore, best)) for best in bests]
        self.networks = nn.ModuleList(network for network, _ in restored)
        self.sizes = [recipe.phases[-1].size for _, recipe in restored]
        self.to(memory_format=torch.channels_last)

    @torch.no_grad()
    def forward(self, pixels: Tensor) -> Lesson:
        heads: tuple[list[Tensor], list[Tensor]] = ([], [])
        for network, size in zip(self.networks, self.sizes, strict=True):
            view = functional.interpolate(pixels, size=(size, size), mode="bilinear")
            served, labels = network(view.contiguous(memory_format=torch.channels_last))
            heads[0].append((served + network.log_prior).float().softmax(1))  # as votes say it
            if labels is not None:
                heads[1].append(labels.float().softmax(1))
        none = torch.zeros(len(pixels), len(LABELS), device=pixels.device)
        return Lesson(*(torch.stack(head).mean(0) if head else none for head in heads))
