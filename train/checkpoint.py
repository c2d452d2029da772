"""Checkpoints that are whole or not there: written beside, then moved into place."""

import os
from pathlib import Path
from typing import Any

import torch


def save(state: dict[str, Any], path: Path) -> None:
    """Write tensors, numbers, strings, lists and dicts; the old file stays until the new is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def load(path: Path) -> dict[str, Any]:
    """Read what `save` wrote; nothing in the file can run code (`weights_only=True`)."""
    return torch.load(path, map_location="cpu", weights_only=True)
