"""Probabilities that mean what they say: a temperature and a bias a class, fitted on valid."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from emotion.types import LABELS
from train.network import ExpressionNet
from train.validate import predict

# Steps of L-BFGS; eight numbers settle within twenty.
STEPS = 100
# How strongly a bias is held to 0: as much as half an image would.
PRIOR = 0.5


@dataclass(frozen=True, slots=True)
class Calibration:
    """Served are the softmax of logits / temperature + bias, one a label."""

    temperature: float = 1.0
    bias: tuple[float, ...] = (0.0,) * len(LABELS)


def calibrate(
    network: ExpressionNet, size: int, images: Tensor, truth: Tensor, bias_share: float = 1.0
) -> Calibration:
    """What makes the labels (N,) of the images, uint8 (N, 48, 48), most likely.

    Guo et al. 2017 (temperature, and vector scaling with one factor for all): the bias takes back
    what the votes' own prior, mostly neutral and happy, adds to the labels'. Of the biases found,
    `bias_share` is kept, and the temperature is then the one that suits what is kept.
    """
    logits, truth = predict(network, images, size).cpu().double(), truth.cpu()
    scale = torch.zeros((), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(len(LABELS), dtype=torch.float64, requires_grad=True)
    _descend(logits, truth, scale, bias, [scale, bias])
    kept = bias_share * bias.detach()
    if bias_share != 1:
        _descend(logits, truth, scale, kept, [scale])
    return Calibration(float((-scale).exp().detach()), tuple((kept - kept.mean()).tolist()))


def _descend(
    logits: Tensor, truth: Tensor, scale: Tensor, bias: Tensor, learned: list[Tensor]
) -> None:
    descent = torch.optim.LBFGS(learned, max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        descent.zero_grad()
        value = nn.functional.cross_entropy(logits * scale.exp() + bias, truth)
        # The bias of a label that valid lacks would fall for ever.
        value = value + PRIOR / len(truth) * bias.square().sum()
        value.backward()
        return value

    descent.step(loss)
