"""The face recogniser's weights: what is read is what was stored, and batch norm comes back."""

import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pooch
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from train import vggface2
from train.errors import WeightsError
from train.network import build
from train.recipes import RECIPES

RECIPE = RECIPES["mobilenet-faces-teacher"]
FACES = torch.randint(0, 256, (24, 48, 48), generator=torch.Generator().manual_seed(0)).byte()
# Output channels of the first convolution and of each block, and the blocks that halve the size.
WIDTHS = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
HALVING = (2, 4, 6, 12)


def made_up() -> dict[str, np.ndarray]:
    """Arrays as the package stores them, of small numbers that no activation cuts off for all."""
    random = np.random.default_rng(0)

    def some(*shape: int) -> np.ndarray:
        fan_in = int(np.prod(shape[:-1])) if len(shape) > 1 else 16
        return (random.normal(0, 1, shape) / np.sqrt(fan_in)).astype(np.float32)

    arrays = {
        "feats/kernel": some(1024, 4),
        "conv1/convolution/merged_input": some(3, 3, 3, 32) / 100,
        "conv1_bn/batchnorm_1/sub": some(32) + 1,
    }
    for block, (before, after) in enumerate(itertools.pairwise(WIDTHS), start=1):
        arrays |= {
            f"conv_dw_{block}/depthwise_kernel": some(3, 3, before, 1),
            f"conv_dw_{block}_bn/batchnorm_1/mul": some(before) + 2,
            f"conv_dw_{block}_bn/batchnorm_1/sub": some(before) + 1,
            f"conv_pw_{block}/convolution/merged_input": some(1, 1, before, after),
            f"conv_pw_{block}_bn/batchnorm_1/sub": some(after) + 1,
        }
    return arrays


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """A model of made-up numbers where the downloaded one would be."""
    arrays = made_up()
    entries = [{"name": n, "shape": a.shape, "dtype": "float32"} for n, a in arrays.items()]
    (tmp_path / "faceres-deep.json").write_text(
        json.dumps({"weightsManifest": [{"weights": entries}]})
    )
    (tmp_path / "faceres-deep.bin").write_bytes(b"".join(a.tobytes() for a in arrays.values()))
    monkeypatch.setattr(vggface2, "_fetch", lambda name: tmp_path / name)
    return arrays


def same_padded(pixels: Tensor, kernel: Tensor, bias: Tensor, stride: int, groups: int) -> Tensor:
    """A convolution and ReLU6 as TensorFlow has them: of an even size, it pads at the far end."""
    padding = (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1)
    padded = functional.pad(pixels, padding) if kernel.shape[-1] == 3 else pixels
    return functional.conv2d(padded, kernel, bias, stride, groups=groups).clamp(0, 6)


def folded(arrays: dict[str, np.ndarray], pixels: Tensor) -> Tensor:
    """What the stored network itself makes of (N, 3, S, S): its features (N, 1024)."""

    def tensor(name: str) -> Tensor:
        return torch.from_numpy(arrays[name])

    kernel = tensor("conv1/convolution/merged_input").permute(3, 2, 0, 1)
    features = same_padded(pixels, kernel, tensor("conv1_bn/batchnorm_1/sub"), 2, 1)
    for block in range(1, 14):
        name, count = f"conv_dw_{block}", features.shape[1]
        kernel = tensor(f"{name}/depthwise_kernel").permute(2, 3, 0, 1)
        kernel = kernel * tensor(f"{name}_bn/batchnorm_1/mul").view(-1, 1, 1, 1)
        stride = 2 if block in HALVING else 1
        bias = tensor(f"{name}_bn/batchnorm_1/sub")
        features = same_padded(features, kernel, bias, stride, count)
        name = f"conv_pw_{block}"
        kernel = tensor(f"{name}/convolution/merged_input").permute(3, 2, 0, 1)
        features = same_padded(features, kernel, tensor(f"{name}_bn/batchnorm_1/sub"), 1, 1)
    return features.mean((2, 3))


def test_it_says_what_the_stored_network_says(stored: dict[str, np.ndarray]) -> None:
    network = build(RECIPE, FACES).eval()
    # Others than the batch norms have seen.
    pixels = torch.rand(3, 1, 96, 96, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found = network.trunk(network.standardised(pixels))
        wanted = folded(stored, network.standardised(pixels).expand(-1, 3, -1, -1))
    assert wanted.std() > 0.01
    assert torch.allclose(found, wanted, rtol=1e-3, atol=1e-4)


def test_without_a_network_or_with_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooch, "os_cache", lambda _: tmp_path)
    monkeypatch.setattr(vggface2, "URL", "http://127.0.0.1:9/")  # discard: nobody listens
    # pooch fetches anew what does not have the known hash.
    (tmp_path / "faceres-deep.json").write_text("{}")
    with pytest.raises(WeightsError, match=r"vggface2 are not to be had from .*faceres-deep"):
        build(RECIPE, FACES)
    with pytest.raises(WeightsError, match="vggface2 are for mobilenetv1_100 alone"):
        build(dataclasses.replace(RECIPE, architecture="resnet18"), FACES)
    with pytest.raises(WeightsError, match="need faces"):
        build(RECIPE)
