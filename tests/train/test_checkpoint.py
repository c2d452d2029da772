"""A checkpoint is whole, or told of in one sentence; a run goes on from the last whole one."""

import dataclasses
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from emotion import EmotionError
from tests.conftest import ROOT
from tests.disks import full_disk
from tests.train.conftest import TINY, noise
from train import checkpoint
from train.checkpoint import BEST, LAST
from train.errors import WeightsError
from train.loop import Trainer

# A run that is killed when its third checkpoint is half written: the first epoch has left its best
# and its last, the second leaves its last alone.
KILLED = """
import os, signal, sys
import torch
from tests.train.test_checkpoint import fit_tiny

whole, calls = torch.save, iter(range(3))

def save(state, file):
    if next(calls) == 2:
        file.write(bytes(1000))
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    whole(state, file)

torch.save = save
fit_tiny(sys.argv[1])
"""


class Code:
    """What a hostile pickle would be."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("run",)


def test_round_trip_leaves_no_other_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "last.pt"
    checkpoint.save({"network": {"w": torch.arange(3)}, "history": []}, path)
    loaded = checkpoint.load(path, "network", "history")
    assert torch.equal(loaded["network"]["w"], torch.arange(3))
    assert [file.name for file in path.parent.iterdir()] == ["last.pt"]


@pytest.mark.parametrize("content", ["empty", "cut", "code"])
def test_broken_files(content: str, tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    checkpoint.save({"w": torch.zeros(1000)}, path)
    whole = path.read_bytes()
    if content == "code":
        torch.save({"w": Code()}, path)
    else:
        path.write_bytes(whole[: len(whole) // 2] if content == "cut" else b"")
    with pytest.raises(WeightsError, match=r"last\.pt: broken, or not a checkpoint"):
        checkpoint.load(path)


@pytest.mark.parametrize(("state", "keys"), [([], ()), ({"network": {}}, ("network", "recipe"))])
def test_something_else(state: object, keys: tuple[str, ...], tmp_path: Path) -> None:
    torch.save(state, tmp_path / "x.pt")
    with pytest.raises(
        WeightsError, match=r"not a checkpoint, it lacks (weights|network or recipe)"
    ):
        checkpoint.load(tmp_path / "x.pt", *keys)


@pytest.mark.parametrize("room", [0, 5000])
def test_a_full_disk_is_told_and_the_old_checkpoint_stays(tmp_path: Path, room: int) -> None:
    path = tmp_path / "last.pt"
    checkpoint.save({"epoch": 1}, path)
    with (
        full_disk(room),
        pytest.raises(EmotionError, match=r"^last\.pt can't be written: File too large$"),
    ):
        checkpoint.save({"w": torch.zeros(10_000), "history": [1]}, path)
    assert checkpoint.load(path) == {"epoch": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["last.pt"]


def fit_tiny(out: str | Path, *, resume: bool = False) -> None:
    phase = dataclasses.replace(TINY.phases[0], epochs=2)
    recipe = dataclasses.replace(TINY, phases=(phase,))
    Trainer(recipe, noise(1, seed=0), noise(1, seed=1), Path(out)).run(resume=resume)


@pytest.mark.slow
def test_a_run_that_was_killed_while_it_wrote_goes_on(tmp_path: Path) -> None:
    fit_tiny(tmp_path / "whole")
    out = tmp_path / "killed"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, out], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(checkpoint.load(out / LAST)["history"]) == 1
    fit_tiny(out, resume=True)
    assert sorted(path.name for path in out.glob("*.pt*")) == [BEST, LAST]
    for kept in (LAST, BEST):
        here, whole = (checkpoint.load(run / kept)["network"] for run in (out, tmp_path / "whole"))
        assert [key for key in whole if not torch.equal(here[key], whole[key])] == []
