"""Go on from a published file: `emotion.onnx` back to a network that can be trained.

The exporter folds batch norms into the layers before them. Here the two are taken apart again,
with the statistics of real faces, so that training goes on as if it had never stopped.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm

from emotion.hub import BUNDLED_MODEL
from train.errors import WeightsError
from train.recipes import Recipe

# Faces that batch statistics are taken from: enough, at 3 x 3 fields, for a variance each.
FACES = 512
PREFIX = "network."  # of the names of the network's tensors in the graph
HEADS = ("head", "fer2013_head")
BUNDLED = "bundled"  # the name of the file that the package carries


def is_published(weights: str | None) -> TypeGuard[str]:
    """Whether a recipe's weights are a file that this module reads."""
    return weights is not None and (weights == BUNDLED or weights.endswith(".onnx"))


def fitted(recipe: Recipe, weights: str) -> Recipe:
    """The recipe with the file's architecture, number of channels, mean and std."""
    model = _load(weights)
    tensors = _tensors(model)
    mean, std = (tuple(tensors[PREFIX + name].flatten().tolist()) for name in ("mean", "std"))
    architecture = _metadata(model).get("architecture", "unknown")
    return replace(recipe, architecture=architecture, channels=len(mean), mean=mean, std=std)


def dataset(weights: str) -> str:
    """What the file says that its network has learned."""
    return _metadata(_load(weights)).get("dataset", "")


@torch.no_grad()
def load(network: nn.Module, weights: str, pixels: Tensor) -> None:
    """Fill an ExpressionNet from the file; its answers in evaluation are the file's.

    pixels, float (N, 1, S, S) in 0..1, are faces at the size that is trained at: the batch norms
    take over their statistics. Raises WeightsError where the file is not one of ours or holds
    another network.
    """
    tensors = _tensors(_load(weights))
    for head in HEADS:  # before 1.0.0 a file had one head, which learned both
        for part in ("weight", "bias"):
            if (old := f"{PREFIX}label_head.{part}") in tensors:
                tensors[f"{PREFIX}{head}.{part}"] = tensors[old]
    state = network.state_dict()
    state |= {name: tensors[PREFIX + name] for name in state if PREFIX + name in tensors}
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsError(f"{weights}: holds another network than the recipe's") from error
    biases = {
        # A layer with a bias of its own has taken the norm's in.
        network.get_submodule(norm): tensors.get(f"{PREFIX}{layer}.weight_bias", torch.zeros(()))
        for layer, norm in _pairs(network)
        if f"{PREFIX}{norm}.running_mean" not in tensors
    }
    unfold(network, biases, pixels)


@torch.no_grad()
def unfold(network: nn.Module, biases: Mapping[nn.Module, Tensor], inputs: Tensor) -> None:
    """Let batch norms take over the statistics that arrive, add their bias, and change no more."""

    def take_over(norm: Any, inputs: tuple[Tensor, ...]) -> None:
        fields = [dimension for dimension in range(inputs[0].ndim) if dimension != 1]
        variance, mean = torch.var_mean(inputs[0], fields)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.data.copy_((variance + norm.eps).sqrt())
        norm.bias.data.copy_(mean + biases[norm].to(mean))

    training = network.training
    network.eval()
    hooks = [norm.register_forward_pre_hook(take_over) for norm in biases]
    network(inputs)
    for hook in hooks:
        hook.remove()
    network.train(training)


def _load(weights: str) -> onnx.ModelProto:
    path = BUNDLED_MODEL if weights == BUNDLED else Path(weights)
    try:
        model = onnx.load(path)
    except (OSError, DecodeError) as error:
        raise WeightsError(f"{path}: not an ONNX file that can be read") from error
    if not any(tensor.name.startswith(PREFIX) for tensor in model.graph.initializer):
        raise WeightsError(f"{path}: not an ONNX file that this project exported")
    return model


def _metadata(model: onnx.ModelProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in model.metadata_props}


def _tensors(model: onnx.ModelProto) -> dict[str, Tensor]:
    """float32 by name, and by that of the whole tensor where it is stored as float16."""
    return {
        tensor.name.removesuffix(".half"): torch.from_numpy(
            numpy_helper.to_array(tensor).astype(np.float32)
        )
        for tensor in model.graph.initializer
        if tensor.name.startswith(PREFIX)
    }


def _pairs(network: nn.Module) -> Iterator[tuple[str, str]]:
    """The names of each batch norm and of the layer before it.

    The exporter folds only what follows upon a layer at once, and so it stands in the network too.
    """
    layer = ""
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            layer = name
        elif isinstance(module, BatchNorm):
            yield layer, name
