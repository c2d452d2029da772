"""A published file gives its network back, whatever the exporter folded."""

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from emotion import EmotionClassifier
from train import published
from train.augment import to_pixels
from train.errors import WeightsError
from train.evaluate import fer2013
from train.export import export
from train.network import ExpressionNet, build
from train.recipes import RECIPES, Recipe

FACES = np.random.default_rng(0).integers(0, 256, (40, 48, 48)).astype(np.uint8)


def learned(network: ExpressionNet) -> ExpressionNet:
    """With batch norms that do something, as after training."""
    random = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            for tensor in (module.weight.data, module.running_var):
                tensor.uniform_(0.5, 1.5, generator=random)
            for tensor in (module.bias.data, module.running_mean):
                tensor.uniform_(-0.5, 0.5, generator=random)
    return network.eval()


@pytest.mark.parametrize("architecture", ["cnn48", "mobilenetv1_100"])
def test_what_it_answers_is_what_the_file_answers(
    architecture: str, tiny: Recipe, tmp_path: Path
) -> None:
    recipe = dataclasses.replace(tiny, architecture=architecture, channels=3)
    recipe = dataclasses.replace(recipe, mean=(0.4,) * 3, std=(0.3,) * 3)
    size, path = recipe.phases[-1].size, tmp_path / "emotion.onnx"
    network = learned(build(recipe))
    export(network, size, FACES, path, {"architecture": architecture})
    elsewhere = dataclasses.replace(tiny, weights=str(path))
    back = build(published.fitted(elsewhere, str(path)), torch.from_numpy(FACES[:30])).eval()
    with torch.no_grad():
        served, labels = (
            logits.softmax(1) for logits in back(to_pixels(torch.from_numpy(FACES), size))
        )
    np.testing.assert_allclose(served, EmotionClassifier(path).classify(FACES), atol=1e-3)
    np.testing.assert_allclose(labels, fer2013(path, FACES), atol=1e-3)


def test_the_bundled_file_goes_on() -> None:
    recipe = published.fitted(RECIPES["onward"], published.BUNDLED)
    network = build(recipe, torch.from_numpy(FACES)).eval()
    with torch.no_grad():
        found = network(to_pixels(torch.from_numpy(FACES), 96))[0].softmax(1)
    assert recipe.architecture == "mobilenetv1_100"
    # Temperature, biases and sharpness are not the network's: nearly always, the label is.
    answers = EmotionClassifier().classify(FACES)
    assert (found.numpy().argmax(1) == answers.argmax(1)).mean() > 0.8


def test_files_that_are_not_ours(tiny: Recipe, tmp_path: Path) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(b"\x89PNG")
    with pytest.raises(WeightsError, match=r"other\.onnx: not an ONNX file that can be read"):
        published.fitted(tiny, str(path))
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "g", [], [])), path)
    with pytest.raises(WeightsError, match=r"other\.onnx: not an ONNX file that this project"):
        published.fitted(tiny, str(path))
    export(build(tiny).eval(), tiny.phases[-1].size, FACES, path, {})
    with pytest.raises(WeightsError, match="timm has no network that is called unknown"):
        build(published.fitted(tiny, str(path)))
