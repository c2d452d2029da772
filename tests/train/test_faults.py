"""A full disk, and a run that is killed: what is whole stays whole, and the run goes on from it."""

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
from train.loop import fit

STATE = {"w": torch.zeros(10_000), "history": [1]}

# Runs that are killed while a checkpoint is half there, or there but not in its place. Each is a
# fork: torch is imported once.
KILLED = """
import os, signal, sys
import torch
from tests.train.test_faults import KILLS, fit_tiny

def kill_at(count, owner, name):
    real, calls = getattr(owner, name), iter(range(count))

    def last_call(*arguments):
        if next(calls) == count - 1:
            if name == "save":
                arguments[1].write(bytes(1000))
                arguments[1].flush()
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments)

    setattr(owner, name, last_call)

for name, count in KILLS:
    child = os.fork()
    if child == 0:
        kill_at(count, torch if name == "save" else os, name)
        fit_tiny(os.path.join(sys.argv[1], f"{name}-{count}"))
    print("ended by", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
# The first epoch writes the best and the last, the second, which is no better, the last.
KILLS = (("fsync", 2), ("save", 3), ("fsync", 3))


def fit_tiny(out: str | Path, *, resume: bool = False) -> None:
    phase = dataclasses.replace(TINY.phases[0], epochs=2)
    recipe = dataclasses.replace(TINY, phases=(phase,))
    fit(recipe, noise(1, seed=0), noise(1, seed=1), Path(out), resume=resume)


def weights(path: Path) -> dict[str, torch.Tensor]:
    return checkpoint.load(path)["network"]


@pytest.mark.parametrize("room", [0, 5000])
def test_a_full_disk_is_told_and_the_old_checkpoint_stays(tmp_path: Path, room: int) -> None:
    path = tmp_path / "last.pt"
    checkpoint.save({"epoch": 1}, path)
    with (
        full_disk(room),
        pytest.raises(EmotionError, match=r"^last\.pt can't be written: File too large$"),
    ):
        checkpoint.save(STATE, path)
    assert checkpoint.load(path) == {"epoch": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["last.pt"]


@pytest.mark.slow
def test_a_run_that_was_killed_while_it_wrote_goes_on(tmp_path: Path) -> None:
    fit_tiny(tmp_path / "whole")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    ends = [line for line in done.stdout.splitlines() if line.startswith("ended by")]
    assert ends == [f"ended by {-signal.SIGKILL}"] * len(KILLS), done.stderr
    for name, count in KILLS:
        out = tmp_path / f"{name}-{count}"
        # Before the end of the first epoch there is nothing to go on from, but no best either
        # that the run would take for its own.
        assert (out / LAST).exists() == (count == 3)
        fit_tiny(out, resume=count == 3)
        assert sorted(path.name for path in out.glob("*.pt*")) == [BEST, LAST]
        for kept in (LAST, BEST):
            here, whole = weights(out / kept), weights(tmp_path / "whole" / kept)
            assert [key for key in whole if not torch.equal(here[key], whole[key])] == []
