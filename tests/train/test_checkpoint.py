"""A checkpoint is whole, or there is one sentence about it."""

import pickle
from pathlib import Path

import pytest
import torch

from train import checkpoint
from train.errors import WeightsError


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


def test_a_broken_write_keeps_the_old(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    checkpoint.save({"epoch": 1}, path)
    with pytest.raises((AttributeError, pickle.PicklingError, TypeError)):
        checkpoint.save({"epoch": lambda: 2}, path)
    assert checkpoint.load(path) == {"epoch": 1}


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"last\.pt: no such checkpoint"):
        checkpoint.load(tmp_path / "last.pt")


@pytest.mark.parametrize("content", ["empty", "text", "pickle", "cut", "code", "folder"])
def test_broken_files(content: str, tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    checkpoint.save({"w": torch.zeros(1000)}, path)
    whole = path.read_bytes()
    written = {
        "empty": b"",
        "text": b"not a checkpoint\n",
        "pickle": pickle.dumps(Code(), protocol=2),
        "cut": whole[: len(whole) // 2],
    }
    if content in written:
        path.write_bytes(written[content])
    elif content == "code":
        torch.save({"w": Code()}, path)
    else:
        path.unlink()
        path.mkdir()
    with pytest.raises(WeightsError, match=r"last\.pt: broken, or not a checkpoint"):
        checkpoint.load(path)


@pytest.mark.parametrize(
    ("state", "lacking"), [([], "weights"), ({}, "network or recipe"), ({"network": {}}, "recipe")]
)
def test_something_else(state: object, lacking: str, tmp_path: Path) -> None:
    torch.save(state, tmp_path / "x.pt")
    with pytest.raises(WeightsError, match=f"not a checkpoint, it lacks .*{lacking}"):
        checkpoint.load(tmp_path / "x.pt", *(["network", "recipe"] if state != [] else []))
