"""Every recipe trains and exports, and its JSON comes back."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from emotion import EmotionClassifier
from train.evaluate import fer2013
from train.export import export
from train.loop import Trainer
from train.network import restore
from train.recipes import RECIPES, Recipe, from_json, to_json
from train.split import Split

EXPORTED = ["lite0", "onward", "efficientnet-b0-weighted", "mobilenetv2", "resnet50v2", "vgg16"]


def test_nobody_is_taught_by_themselves_and_the_json_comes_back() -> None:
    for number, recipe in enumerate(RECIPES.values()):
        assert set(recipe.teachers) <= set(list(RECIPES)[:number])
        assert from_json(to_json(recipe)) == recipe


def test_the_json_of_another_version() -> None:
    fields = json.loads(to_json(RECIPES["lite0"]))
    del fields["patience"], fields["dense"]
    fields["sharpness"] = fields["phases"][0]["decay"] = fields["augmentation"]["hue"] = 0.5
    assert from_json(json.dumps(fields)) == RECIPES["lite0"]


def test_phase_at() -> None:
    assert [*map(RECIPES["lite0"].phase_at, (0, 7, 8, 11, 12, 23))] == [0, 0, 1, 1, 2, 2]


def small(recipe: Recipe) -> Recipe:
    """One epoch of two batches each phase, at a size that a test can afford, from no weights."""
    size = 48 if recipe.architecture == "cnn48" else 32
    phases = tuple(dataclasses.replace(phase, epochs=1, size=size) for phase in recipe.phases)
    return dataclasses.replace(recipe, weights=None, batch_size=4, phases=phases)


# The architectures that export slowly are slow; one of the others has no second head.
@pytest.mark.parametrize(
    "name", [*("vgg48", "cnn48"), *(pytest.param(n, marks=pytest.mark.slow) for n in EXPORTED)]
)
def test_every_architecture_trains_and_exports(
    name: str, splits: dict[str, Split], tmp_path: Path
) -> None:
    rows = np.arange(0, 28, 3)[:8]
    recipe = small(RECIPES[name])
    best = Trainer(recipe, splits["train"].where(rows), splits["valid"], tmp_path).run()
    network, restored = restore(best)
    assert restored == recipe
    faces, path = splits["valid"].images, tmp_path / "emotion.onnx"
    export(network, recipe.phases[-1].size, faces, path, {})
    assert EmotionClassifier(path).classify(faces).shape == (len(faces), 7)
    assert (fer2013(path, faces) is None) == (recipe.fer2013 == 0)
