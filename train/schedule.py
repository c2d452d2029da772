"""The optimizer of a phase, and its learning rate over time."""

import math

import torch
from timm.optim import param_groups_weight_decay  # type: ignore[attr-defined]
from torch import nn
from torch.optim import lr_scheduler

from train.recipes import Phase


def optimizer_for(network: nn.Module, phase: Phase, decay: float) -> torch.optim.AdamW:
    """AdamW over what is trained; weight decay on matrices and kernels, none on vectors."""
    groups = param_groups_weight_decay(network, decay)
    fused = next(network.parameters()).is_cuda
    return torch.optim.AdamW(groups, lr=phase.learning_rate, fused=fused)


def schedule_for(
    optimizer: torch.optim.Optimizer, phase: Phase, steps: int
) -> lr_scheduler.LRScheduler:
    """The phase's learning rate, to be stepped after each of its `steps` an epoch."""
    total = phase.epochs * steps
    if phase.schedule == "one-cycle":
        # One more: torch counts the rate after the last step as a step.
        return lr_scheduler.OneCycleLR(optimizer, phase.learning_rate, total_steps=total + 1)
    return lr_scheduler.LambdaLR(optimizer, lambda step: _cosine(step, total, phase))


def _cosine(step: int, total: int, phase: Phase) -> float:
    """The share of the highest rate at a step: linear warm-up, then half a cosine down."""
    climb = phase.warmup * total
    if step < climb:
        return (step + 1) / (climb + 1)
    floor = phase.final_learning_rate / phase.learning_rate
    along = min(1.0, (step - climb) / max(1, total - climb))
    return floor + (1 - floor) * (1 + math.cos(math.pi * along)) / 2
