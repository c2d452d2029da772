"""Two processes learn what one does from the same batches, and one of them publishes."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator

from tests.conftest import ROOT
from tests.hub_stand_in import TOKEN, running
from tests.train.conftest import TINY, noise, write_csv
from train.loop import Trainer
from train.objective import Lesson
from train.recipes import Phase, Recipe
from train.split import Split

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

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


def learn(recipe: Recipe, out: Path, accelerator: Accelerator) -> dict[str, object]:
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


# The option for many GPUs starts many processes; these stay on the CPU, with gloo.
LAUNCH = """accelerate.commands.launch --multi_gpu --num_processes 2 --num_machines 1
--mixed_precision no --dynamo_backend no --num_cpu_threads_per_process 1 --main_process_port 0"""


def launch(*words: str, **environment: str) -> str:
    """Run two processes on the CPU, and return what they printed."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    cpu = {"PYTHONPATH": path, "ACCELERATE_USE_CPU": "true"}
    done = subprocess.run(
        [sys.executable, "-m", *LAUNCH.split(), *words],
        env=os.environ | cpu | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_two_processes_equal_one_and_each_other(tmp_path: Path) -> None:
    launch(__file__, str(tmp_path))
    shares = [torch.load(tmp_path / f"share-{rank}.pt", weights_only=True) for rank in (0, 1)]
    alone = learn(RECIPE, tmp_path / "alone", Accelerator(cpu=True))
    assert {"trunk.stem.0.weight", "head.weight", "fer2013_head.bias"} <= alone["gradients"].keys()
    for share in shares:
        both = share["same"]
        assert (both["processes"], alone["processes"]) == (2, 1)
        torch.testing.assert_close(both["gradients"], alone["gradients"], rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(both["network"], alone["network"], rtol=1e-3, atol=1e-4)
        assert len(both["history"]) == len(alone["history"]) == 2
        for row, own in zip(both["history"], alone["history"], strict=True):
            assert row == pytest.approx(own, rel=1e-4)
    one, other = (share["thawing"] for share in shares)
    assert len(one["history"]) == 2
    assert one["history"] == other["history"]
    torch.testing.assert_close(one["network"], other["network"], rtol=0, atol=0)
    assert "trunk.0.weight" in one["gradients"]


def test_one_process_publishes_what_both_have_trained(
    tmp_path: Path, splits: dict[str, Split]
) -> None:
    source, out = write_csv(tmp_path / "faces.csv", splits), tmp_path / "run"
    recipe = ("--recipe", "cnn48", "--epochs", "1", "--batch-size", "8")
    with running() as hub:
        printed = launch(
            *("-m", "train", "--data", str(source), "--out", str(out), *recipe),
            *("--push", "owner/name"),
            HF_ENDPOINT=hub.url,
            HF_HUB_CACHE=str(tmp_path / "cache"),
            HF_HUB_OFFLINE="0",
            HF_HUB_DISABLE_XET="1",
            HF_TOKEN=TOKEN,
        )
        (files,) = hub.repositories["owner/name"].commits
        assert hub.asked("whoami-v2") == hub.asked("repos/create") == 1
    assert {"emotion.onnx", "model.safetensors", "README.md"} <= files.keys()
    assert json.loads(files["metrics.json"])["training"]["epochs"] == 1
    assert printed.count("ready for EmotionRecognizer") == printed.count("/commit/") == 1


if __name__ == "__main__":  # what each of the two processes does
    home, this = Path(sys.argv[1]), Accelerator(cpu=True)
    share = {
        "same": learn(RECIPE, home / "same", this),
        "thawing": learn(THAWING, home / "thawing", this),
    }
    torch.save(share, home / f"share-{this.process_index}.pt")
    this.end_training()
