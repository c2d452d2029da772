"""What each of two processes runs, and what one process runs to be compared with.

`accelerate launch --multi_gpu --num_processes 2 distributed_run.py OUT` writes OUT/share-0.pt and
OUT/share-1.pt. (The option for many GPUs starts many processes; these stay on the CPU, with gloo.)
"""

import dataclasses
import sys
from pathlib import Path

import torch
from accelerate import Accelerator

from tests.train.conftest import TINY, noise
from train.loop import Trainer
from train.objective import Lesson
from train.recipes import Phase, Recipe

# Every layer learns, and none takes statistics of the batch: processes on the CPU share none. No
# dropout. All else that depends on the batch as a whole is on, and 9 images divide unevenly.
RECIPE = dataclasses.replace(
    TINY,
    architecture="convnext_atto",
    phases=(Phase(epochs=2, size=32, learning_rate=1e-4),),
    dense=(),
    dropout=(),
    batch_size=9,
    class_weights="fixed",
    distillation=0.5,
    clip=0.0,  # clipping would hide a gradient of the wrong size
)
# Here the processes must agree with each other only: batch norm, dropout, and a phase that thaws.
FROZEN = Phase(epochs=1, size=16, learning_rate=1e-3, frozen=True)
THAWING = dataclasses.replace(
    RECIPE,
    architecture="cnn48",
    phases=(FROZEN, dataclasses.replace(FROZEN, frozen=False)),
    dense=(8,),
    dropout=(0.5,),
    ema=0.0,
    clip=1.0,
)


def lesson(pixels: torch.Tensor) -> Lesson:
    """What a teacher might say, each face its own."""
    said = (pixels.mean((1, 2, 3))[:, None] * torch.arange(7)).softmax(1)
    return Lesson(said, said.flip(1))


def run(recipe: Recipe, out: Path, accelerator: Accelerator) -> dict[str, object]:
    """The last step's gradients, the weights and the history."""
    data = noise(3, seed=0), noise(1, seed=1)
    trainer = Trainer(recipe, *data, out, seed=0, accelerator=accelerator, teachers=lesson)
    trainer.run()
    named = trainer.plain.named_parameters()
    return {
        "gradients": {name: tensor.grad for name, tensor in named if tensor.grad is not None},
        "network": {name: tensor.clone() for name, tensor in trainer.served().state_dict().items()},
        "history": [{k: v for k, v in row.items() if k != "seconds"} for row in trainer.history],
        "processes": accelerator.num_processes,
    }


def main() -> None:
    out = Path(sys.argv[1])
    accelerator = Accelerator(cpu=True)
    shares = {
        "same": run(RECIPE, out / "same", accelerator),
        "thawing": run(THAWING, out / "thawing", accelerator),
    }
    torch.save(shares, out / f"share-{accelerator.process_index}.pt")
    accelerator.end_training()


if __name__ == "__main__":
    main()
