"""Probabilities that mean what they say: temperature, biases and sharpness, fitted on valid."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from emotion.types import LABELS
from train.network import ExpressionNet
from train.validate import predict

# Steps of L-BFGS; eight numbers settle within twenty.
STEPS = 100
# How strongly each bias, and what the sharpness does, is held to 0: as much as half an image would.
PRIOR = 0.5


@dataclass(frozen=True, slots=True)
class Calibration:
    """Served are the softmax of (logits / temperature + bias) * exp(a + b p + c p²).

    One bias a label. a, b, c are the sharpness, and p is the face's highest probability without it:
    a network that is too certain of some faces can be too modest of others. No temperature mends
    that; this does, and leaves the labels of each face in their order.
    """

    temperature: float = 1.0
    bias: tuple[float, ...] = (0.0,) * len(LABELS)
    sharpness: tuple[float, ...] = (0.0, 0.0, 0.0)

    @classmethod
    def of(cls, model: Mapping[str, Any]) -> "Calibration":
        """That of metrics.json's `model`; those written before 0.5.0 have no sharpness."""
        sharpness = model.get("sharpness", (0.0, 0.0, 0.0))
        return cls(model["temperature"], tuple(model["bias"]), tuple(sharpness))


def calibrate(
    network: ExpressionNet, size: int, images: Tensor, truth: Tensor, bias_share: float = 1.0
) -> Calibration:
    """What makes the labels (N,) of the images, uint8 (N, 48, 48), most likely.

    Guo et al. 2017 (temperature, and vector scaling with one factor for all): the bias takes back
    what the votes' own prior, mostly neutral and happy, adds to the labels'. Of the biases found,
    `bias_share` is kept, and the temperature is then the one that suits what is kept. The sharpness
    is last: of the family of adaptive temperatures of Balanya et al. 2022, with the highest
    probability instead of their entropy, which left a larger error on held-out halves of valid.
    """
    logits, truth = predict(network, images, size).cpu().double(), truth.cpu()
    scale = torch.zeros((), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(len(LABELS), dtype=torch.float64, requires_grad=True)
    _descend(logits, truth, scale, bias, [scale, bias])
    kept = bias_share * bias.detach()
    if bias_share != 1:
        _descend(logits, truth, scale, kept, [scale])
    sharpness = _sharpness((logits * scale.exp() + kept).detach(), truth)
    temperature = float((-scale).exp().detach())
    return Calibration(temperature, tuple((kept - kept.mean()).tolist()), sharpness)


def sharpened(plain: Tensor, sharpness: Tensor) -> Tensor:
    """Logits (N, 7), each face's times exp(a + b p + c p²) for sharpness (3,), which is a, b, c."""
    return plain * _exponents(plain, sharpness).exp()


def _exponents(plain: Tensor, sharpness: Tensor) -> Tensor:
    """(N, 1)"""
    top = plain.softmax(1).amax(1, keepdim=True)
    return sharpness[0] + sharpness[1] * top + sharpness[2] * top * top


def _sharpness(plain: Tensor, truth: Tensor) -> tuple[float, ...]:
    sharpness = torch.zeros(3, dtype=plain.dtype, requires_grad=True)

    def loss() -> Tensor:
        value = nn.functional.cross_entropy(sharpened(plain, sharpness), truth)
        # Few faces, all of them right, would be sharpened for ever.
        return value + PRIOR / len(truth) * _exponents(plain, sharpness).square().mean()

    _minimise(loss, [sharpness])
    return tuple(sharpness.tolist())


def _descend(
    logits: Tensor, truth: Tensor, scale: Tensor, bias: Tensor, learned: list[Tensor]
) -> None:
    def loss() -> Tensor:
        value = nn.functional.cross_entropy(logits * scale.exp() + bias, truth)
        # The bias of a label that valid lacks would fall for ever.
        return value + PRIOR / len(truth) * bias.square().sum()

    _minimise(loss, learned)


def _minimise(loss: Callable[[], Tensor], learned: list[Tensor]) -> None:
    descent = torch.optim.LBFGS(learned, max_iter=STEPS, line_search_fn="strong_wolfe")

    def step() -> Tensor:
        descent.zero_grad()
        value = loss()
        value.backward()
        return value

    descent.step(step)
