"""Two processes learn what one does from the same batches, and one of them publishes."""

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
from tests.train import distributed_run
from tests.train.conftest import write_csv
from train.split import Split

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

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


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, dict[str, object]]]:
    """What each of the two processes saw."""
    out = tmp_path_factory.mktemp("distributed")
    launch(distributed_run.__file__, str(out))
    return [torch.load(out / f"share-{rank}.pt", weights_only=True) for rank in (0, 1)]


def test_two_processes_equal_one(
    shares: list[dict[str, dict[str, object]]], tmp_path: Path
) -> None:
    alone = distributed_run.run(distributed_run.RECIPE, tmp_path, Accelerator(cpu=True))
    assert {"trunk.stem.0.weight", "head.weight", "fer2013_head.bias"} <= alone["gradients"].keys()
    for share in shares:
        both = share["same"]
        assert (both["processes"], alone["processes"]) == (2, 1)
        torch.testing.assert_close(both["gradients"], alone["gradients"], rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(both["network"], alone["network"], rtol=1e-3, atol=1e-4)
        assert len(both["history"]) == len(alone["history"]) == 2
        for row, own in zip(both["history"], alone["history"], strict=True):
            assert row == pytest.approx(own, rel=1e-4)


def test_processes_agree_through_a_thaw(shares: list[dict[str, dict[str, object]]]) -> None:
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
