"""Two processes learn what one does from the same batches, and agree with each other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator

from tests.train import distributed_run

ROOT = Path(__file__).parents[2]
LAUNCH = """accelerate.commands.launch --multi_gpu --num_processes 2 --num_machines 1
--mixed_precision no --dynamo_backend no --num_cpu_threads_per_process 1 --main_process_port 0"""


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, dict[str, object]]]:
    """What each of the two processes saw."""
    out = tmp_path_factory.mktemp("distributed")
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", *LAUNCH.split(), distributed_run.__file__, str(out)],
        env={**os.environ, "PYTHONPATH": path, "ACCELERATE_USE_CPU": "true"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [torch.load(out / f"share-{rank}.pt", weights_only=True) for rank in (0, 1)]


def test_two_processes_equal_one(
    shares: list[dict[str, dict[str, object]]], tmp_path: Path
) -> None:
    alone = distributed_run.run(distributed_run.RECIPE, tmp_path, Accelerator(cpu=True))
    assert alone["processes"] == 1
    assert alone["gradients"].keys() == {
        f"{head}_head.{tensor}" for head in ("label", "vote") for tensor in ("weight", "bias")
    }
    for share in shares:
        both = share["same"]
        assert both["processes"] == 2
        torch.testing.assert_close(both["gradients"], alone["gradients"], rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(both["network"], alone["network"], rtol=1e-4, atol=1e-5)
        assert len(both["history"]) == len(alone["history"]) == 2
        for row, own in zip(both["history"], alone["history"], strict=True):
            assert row == pytest.approx(own, rel=1e-4)


def test_two_processes_equal_one_when_every_layer_learns(
    shares: list[dict[str, dict[str, object]]], tmp_path: Path
) -> None:
    alone = distributed_run.run(distributed_run.WHOLE, tmp_path, Accelerator(cpu=True))
    assert "trunk.stem.0.weight" in alone["gradients"]
    for share in shares:
        both = share["whole"]
        assert both["processes"] == 2
        torch.testing.assert_close(both["gradients"], alone["gradients"], rtol=1e-3, atol=1e-4)
        for row, own in zip(both["history"], alone["history"], strict=True):
            assert row == pytest.approx(own, rel=1e-4)


def test_processes_agree_through_a_thaw(shares: list[dict[str, dict[str, object]]]) -> None:
    one, other = (share["thawing"] for share in shares)
    assert len(one["history"]) == 4
    assert one["history"] == other["history"]
    torch.testing.assert_close(one["network"], other["network"], rtol=0, atol=0)
    assert "trunk.0.weight" in one["gradients"]
