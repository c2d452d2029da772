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
WIDTHS = (32, 64, 128, 128, 256, 256, *[512] * 6, 1024, 1024)
HALVING = (2, 4, 6, 12)


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """A model where the downloaded one would be, of small numbers that no activation cuts off."""
    random = np.random.default_rng(0)

    def some(*shape: int, mean: float = 0) -> np.ndarray:
        fan_in = int(np.prod(shape[:-1])) if len(shape) > 1 else 16
        return random.normal(mean, fan_in**-0.5, shape).astype(np.float32)

    arrays = {
        "feats/kernel": some(1024, 4),
        "conv1/convolution/merged_input": some(3, 3, 3, 32) / 100,
        "conv1_bn/batchnorm_1/sub": some(32, mean=1),
    }
    for block, (before, after) in enumerate(itertools.pairwise(WIDTHS), start=1):
        arrays |= {
            f"conv_dw_{block}/depthwise_kernel": some(3, 3, before, 1),
            f"conv_dw_{block}_bn/batchnorm_1/mul": some(before, mean=2),
            f"conv_dw_{block}_bn/batchnorm_1/sub": some(before, mean=1),
            f"conv_pw_{block}/convolution/merged_input": some(1, 1, before, after),
            f"conv_pw_{block}_bn/batchnorm_1/sub": some(after, mean=1),
        }
    entries = [{"name": n, "shape": a.shape, "dtype": "float32"} for n, a in arrays.items()]
    manifest = json.dumps({"weightsManifest": [{"weights": entries}]})
    (tmp_path / "faceres-deep.json").write_text(manifest)
    (tmp_path / "faceres-deep.bin").write_bytes(b"".join(a.tobytes() for a in arrays.values()))
    monkeypatch.setattr(vggface2, "_fetch", lambda name: tmp_path / name)
    return arrays


def folded(arrays: dict[str, np.ndarray], pixels: Tensor) -> Tensor:
    """What the stored network itself makes of (N, 3, S, S): its features (N, 1024)."""

    def convolved(name: str, features: Tensor, kernel: np.ndarray, stride: int = 1) -> Tensor:
        """As TensorFlow has it: of an even size, it pads at the far end; then ReLU6."""
        weights, bias = (
            torch.from_numpy(kernel),
            torch.from_numpy(arrays[f"{name}_bn/batchnorm_1/sub"]),
        )
        if kernel.shape[-1] == 3:
            features = functional.pad(features, (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1))
        groups = features.shape[1] // kernel.shape[1]
        return functional.conv2d(features, weights, bias, stride, groups=groups).clamp(0, 6)

    kernel = arrays["conv1/convolution/merged_input"].transpose(3, 2, 0, 1)
    features = convolved("conv1", pixels, kernel, 2)
    for block in range(1, len(WIDTHS)):
        name = f"conv_dw_{block}"
        kernel = arrays[f"{name}/depthwise_kernel"].transpose(2, 3, 0, 1)
        kernel = kernel * arrays[f"{name}_bn/batchnorm_1/mul"][:, None, None, None]
        features = convolved(name, features, kernel, 2 if block in HALVING else 1)
        name = f"conv_pw_{block}"
        kernel = arrays[f"{name}/convolution/merged_input"].transpose(3, 2, 0, 1)
        features = convolved(name, features, kernel)
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
