"""Small data in FER-2013's forms, made up here: noise whose brightness tells the label."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from emotion.types import LABELS
from train.recipes import Augmentation, Phase, Recipe
from train.split import Split

# Networks of a few kilobytes: more threads would wait for each other.
torch.set_num_threads(1)


def noise(count: int, seed: int) -> Split:
    """`count` faces of each label."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(LABELS)), count)
    images = random.integers(0, 100, (len(labels), 48, 48)) + 22 * labels[:, None, None]
    votes = random.dirichlet(np.ones(10), len(labels)).astype(np.float32)
    votes[::5] = 0  # as for the faces that nobody voted on
    return Split(images.astype(np.uint8), labels, votes)


def write_csv(path: Path, splits: dict[str, Split], header: str = "emotion,pixels,Usage") -> Path:
    """FER-2013 as Kaggle has it."""
    usage = {"train": "Training", "valid": "PublicTest", "test": "PrivateTest"}
    rows = [
        f"{label},{' '.join(map(str, image.ravel()))},{usage[name]}"
        for name, split in splits.items()
        for image, label in zip(split.images, split.labels, strict=True)
    ]
    path.write_text("\n".join([header, *rows]))
    return path


# One convolution net that fits a test: 16 features by 48 px in a few milliseconds.
TINY = Recipe(
    architecture="cnn48",
    weights=None,
    channels=1,
    mean=(0.5,),
    std=(0.25,),
    phases=(Phase(epochs=4, size=16, learning_rate=1e-3),),
    dense=(8,),
    batch_size=8,
    votes=True,
    prior_floor=0.04,
    fer2013=1.0,
    ema=0.9,
    augmentation=Augmentation(
        gamma=0.3, shadow=0.5, low_resolution=0.3, noise=0.02, erase=0.3, mixup=0.4, cutmix=0.4
    ),
)


@pytest.fixture
def tiny() -> Recipe:
    return dataclasses.replace(TINY)


@pytest.fixture(scope="session")
def splits() -> dict[str, Split]:
    return {"train": noise(4, seed=0), "valid": noise(2, seed=1), "test": noise(2, seed=2)}
