"""A checkpoint is whole, or there is one sentence about it."""

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
