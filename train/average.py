"""Averaged weights, with batch norms that fit them."""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm
from torch.optim.swa_utils import AveragedModel

Tensors = tuple[Tensor, ...] | list[Tensor]


def averaged(network: nn.Module, decay: float) -> AveragedModel:
    """An exponential moving average, which follows closely at first.

    With the same decay from the first step on, a short run would end with weights that are mostly
    those it began with.
    """

    def follow(averages: Tensors, now: Tensors, steps: Tensor | int) -> None:
        kept = min(decay, (1 + int(steps)) / (10 + int(steps)))
        torch._foreach_lerp_(averages, now, 1 - kept)

    return AveragedModel(network, multi_avg_fn=follow)


@torch.no_grad()
def retake_statistics(network: nn.Module, like: nn.Module, batches: list[Tensor]) -> None:
    """Let batch norms take their statistics anew, from what the averaged weights make of batches.

    With those of the plain weights, cross-entropy on 1,000 faces of valid was 0.730, with their own
    0.712 (`onward`, after four epochs).

    Only those that learn in `like`, the same network as it is trained; frozen ones keep theirs.
    """
    trained = dict(like.named_modules())
    network.eval()
    momenta = {}
    for name, module in network.named_modules():
        if isinstance(module, BatchNorm) and trained[name].training:
            momenta[module] = module.momentum
            module.reset_running_stats()
            module.momentum = None  # the plain mean over all batches
            module.train()
    for batch in batches:
        network(batch)
    for module, momentum in momenta.items():
        module.momentum = momentum
    network.eval()
