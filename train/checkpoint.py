"""Checkpoints that are complete or absent: written to a file beside, then moved into place."""

import os
import pickle
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from emotion.atomic import replacing, writing
from train.errors import WeightsError

# What the folder of a run holds: the state after its last epoch, the weights of its best.
LAST, BEST = "last.pt", "best.pt"
BROKEN = (OSError, RuntimeError, EOFError, KeyError, pickle.UnpicklingError)


def save(state: dict[str, Any], path: Path) -> None:
    """Write tensors, numbers, strings, lists and dicts; the old file stays until that is done.

    Raises EmotionError where it can't be written; then nothing of the new file is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, writing(path), part.open("wb") as file:
        try:
            torch.save(state, file)
        except RuntimeError as error:
            # Where the disk is full, torch complains of places in the file instead.
            if isinstance(error.__context__, OSError):
                raise error.__context__ from error
            raise
        file.flush()
        os.fsync(file.fileno())


def load(path: Path, *keys: str) -> dict[str, Any]:
    """Read what `save` wrote, or .safetensors; nothing in the file can run code.

    Raises WeightsError where the file is not there, broken, or lacks one of the keys.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no such checkpoint") from error
    # What torch raises for a file cut short, for text, for an empty file, for one that is code.
    except (*BROKEN, SafetensorError) as error:
        raise WeightsError(f"{path}: broken, or not a checkpoint of weights only") from error
    if not isinstance(state, dict) or not set(keys) <= set(state):
        raise WeightsError(f"{path}: not a checkpoint, it lacks {' or '.join(keys) or 'weights'}")
    return state
