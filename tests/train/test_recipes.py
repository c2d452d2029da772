"""Every recipe trains, and its JSON comes back; so does that of an older version."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from emotion import EmotionClassifier
from train.calibrate import Calibration
from train.export import export
from train.loop import fit
from train.network import restore
from train.recipes import RECIPES, Phase, Recipe, from_json, to_json
from train.split import Split

NAMES = [
    "lite0", "mobilenet-faces-teacher", "mobilenet-faces-second",
    "mobilenet-faces-third", "mobilenet-faces",
    "efficientnet-b0-two-phase", "efficientnet-b0-weighted", "mobilenetv2", "cnn48",
    "resnet50v2", "vgg16",
]  # fmt: skip

# What the first lite0 was trained by, before phases had a decay.
FIRST_LITE0 = """
{"architecture": "tf_efficientnet_lite0", "augmentation": {"brightness": 0.15, "contrast": 0.3,
"cutmix": 0.0, "erase": 0.3, "flip": 0.5, "gamma": 0.3, "low_resolution": 0.2, "mixup": 0.0,
"noise": 0.04, "rotation": 12.0, "scale": 0.15, "shadow": 0.5, "shift": 0.06}, "batch_size": 128,
"channels": 1, "class_weights": "none", "clip": 1.0, "dense": [], "dropout": [0.2], "ema": 0.998,
"label_smoothing": 0.1, "mean": [0.5], "patience": null, "phases": [{"epochs": 8,
"final_learning_rate": 0.0004, "frozen": false, "learning_rate": 0.001, "schedule": "cosine",
"size": 64, "warmup": 0.06}, {"epochs": 4, "final_learning_rate": 1e-06, "frozen": false,
"learning_rate": 0.0004, "schedule": "cosine", "size": 96, "warmup": 0.0}], "std": [0.5],
"votes": 1.0, "weight_decay": 0.05, "weights": "lite-pypi"}
"""


def test_the_names() -> None:
    assert list(RECIPES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_teachers_come_before_their_students(name: str) -> None:
    """Nobody is taught, through however many others, by themselves."""
    assert set(RECIPES[name].teachers) <= set(NAMES[: NAMES.index(name)])


@pytest.mark.parametrize("name", NAMES)
def test_json_round_trip(name: str) -> None:
    assert from_json(to_json(RECIPES[name])) == RECIPES[name]


def test_an_older_json_is_read() -> None:
    now = RECIPES["lite0"]
    assert from_json(FIRST_LITE0) == dataclasses.replace(
        now, phases=now.phases[:2], served_votes=0.0
    )
    assert set(json.loads(FIRST_LITE0)) <= set(json.loads(to_json(RECIPES["lite0"])))


@pytest.mark.parametrize(("epoch", "phase"), [(0, 0), (7, 0), (8, 1), (11, 1), (12, 2), (24, 2)])
def test_phase_at(epoch: int, phase: int) -> None:
    assert RECIPES["lite0"].epochs == 24
    assert RECIPES["lite0"].phase_at(epoch) == phase


def small(recipe: Recipe) -> Recipe:
    """One epoch of two batches each phase, at a size that a test can afford, from no weights."""
    size = 48 if recipe.architecture == "cnn48" else 32
    phases = tuple(dataclasses.replace(phase, epochs=1, size=size) for phase in recipe.phases)
    return dataclasses.replace(recipe, weights=None, batch_size=4, phases=phases)


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_runs_and_exports(name: str, splits: dict[str, Split], tmp_path: Path) -> None:
    rows = torch.arange(0, 28, 3)[:8].numpy()
    recipe = small(RECIPES[name])
    best = fit(recipe, splits["train"].where(rows), splits["valid"], tmp_path)
    network, restored = restore(best)
    assert restored == recipe
    labels, _ = network(torch.zeros(2, 1, recipe.phases[-1].size, recipe.phases[-1].size))
    assert labels.shape == (2, 7)
    assert labels.isfinite().all()
    history = torch.load(tmp_path / "last.pt", weights_only=True)["history"]
    assert len(history) == len(recipe.phases)
    faces, path = splits["valid"].images, tmp_path / "emotion.onnx"
    # Writes nothing, and raises, where torch and onnxruntime differ.
    export(network, recipe.phases[-1].size, faces, path, calibration=Calibration(), metadata={})
    assert EmotionClassifier(path).classify(faces).shape == (len(faces), 7)


def test_a_phase_is_cosine_unless_told() -> None:
    assert Phase(epochs=1, size=48, learning_rate=1.0).schedule == "cosine"
