"""Sharpness-aware minimisation: learn where the loss is low all around, not at one point only.

Foret et al. 2020. It costs a second pass, and resists labels that are wrong.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.utils import get_total_norm

NORMALISING = (nn.BatchNorm1d, nn.BatchNorm2d, nn.SyncBatchNorm)


@contextmanager
def uphill(network: nn.Module, radius: float) -> Iterator[None]:
    """The weights moved by `radius` along their gradient, batch statistics at rest; then back.

    Where the gradient is no number (float16 overflowed) or zero, nothing moves.
    """
    learnt = [weight for weight in network.parameters() if weight.grad is not None]
    here = [weight.detach().clone() for weight in learnt]
    norm = get_total_norm([weight.grad for weight in learnt])
    if norm.isfinite() and norm > 0:
        with torch.no_grad():
            for weight in learnt:
                weight.add_(weight.grad * (radius / norm))
    try:
        with _statistics_at_rest(network):
            yield
    finally:
        with torch.no_grad():
            for weight, value in zip(learnt, here, strict=True):
                weight.copy_(value)


@contextmanager
def _statistics_at_rest(network: nn.Module) -> Iterator[None]:
    """Batch norm goes on by the batch's statistics, and does not remember them."""
    layers = [layer for layer in network.modules() if isinstance(layer, NORMALISING)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0
    try:
        yield
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
