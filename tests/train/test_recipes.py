"""Every recipe trains and exports, and its JSON comes back."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from emotion import EmotionClassifier
from train.evaluate import fer2013
from train.export import export
from train.loop import fit
from train.network import ExpressionNet, restore
from train.recipes import RECIPES, Recipe, from_json, to_json
from train.split import Split

NAMES = [
    "lite0", "mobilenet-faces-teacher", "vgg48", "mobilenet-faces", "onward",
    "efficientnet-b0-two-phase", "efficientnet-b0-weighted", "mobilenetv2", "cnn48",
    "resnet50v2", "vgg16",
]  # fmt: skip
# One recipe an architecture, and the one without a second head.
EXPORTED = ["lite0", "vgg48", "onward", "efficientnet-b0-weighted", "mobilenetv2", "cnn48"]
EXPORTED += ["resnet50v2", "vgg16"]


def test_the_names() -> None:
    assert list(RECIPES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_teachers_come_before_their_students(name: str) -> None:
    """Nobody is taught, through however many others, by themselves."""
    assert set(RECIPES[name].teachers) <= set(NAMES[: NAMES.index(name)])


@pytest.mark.parametrize("name", NAMES)
def test_json_round_trip(name: str) -> None:
    assert from_json(to_json(RECIPES[name])) == RECIPES[name]


def test_the_json_of_another_version() -> None:
    fields = json.loads(to_json(RECIPES["lite0"]))
    del fields["patience"], fields["dense"]
    fields["sharpness"] = fields["phases"][0]["decay"] = fields["augmentation"]["hue"] = 0.5
    assert from_json(json.dumps(fields)) == RECIPES["lite0"]


@pytest.mark.parametrize(("epoch", "phase"), [(0, 0), (7, 0), (8, 1), (11, 1), (12, 2), (24, 2)])
def test_phase_at(epoch: int, phase: int) -> None:
    assert RECIPES["lite0"].epochs == 24
    assert RECIPES["lite0"].phase_at(epoch) == phase


def small(recipe: Recipe) -> Recipe:
    """One epoch of two batches each phase, at a size that a test can afford, from no weights."""
    size = 48 if recipe.architecture == "cnn48" else 32
    phases = tuple(dataclasses.replace(phase, epochs=1, size=size) for phase in recipe.phases)
    return dataclasses.replace(recipe, weights=None, batch_size=4, phases=phases)


def trained(name: str, splits: dict[str, Split], out: Path) -> tuple[ExpressionNet, Recipe]:
    rows = np.arange(0, 28, 3)[:8]
    recipe = small(RECIPES[name])
    network, restored = restore(fit(recipe, splits["train"].where(rows), splits["valid"], out))
    assert restored == recipe
    return network, recipe


@pytest.mark.parametrize("name", ["vgg48", "cnn48"])
def test_a_recipe_runs(name: str, splits: dict[str, Split], tmp_path: Path) -> None:
    network, recipe = trained(name, splits, tmp_path)
    size = recipe.phases[-1].size
    served, labels = network(torch.zeros(2, 1, size, size))
    assert served.isfinite().all()
    assert (labels is None) == (recipe.fer2013 == 0)
    history = torch.load(tmp_path / "last.pt", weights_only=True)["history"]
    assert len(history) == len(recipe.phases)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPORTED)
def test_every_architecture_exports(name: str, splits: dict[str, Split], tmp_path: Path) -> None:
    network, recipe = trained(name, splits, tmp_path)
    faces, path = splits["valid"].images, tmp_path / "emotion.onnx"
    export(network, recipe.phases[-1].size, faces, path, {})
    assert EmotionClassifier(path).classify(faces).shape == (len(faces), 7)
    assert (fer2013(path, faces) is None) == (recipe.fer2013 == 0)
