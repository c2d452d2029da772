"""The training loop: phases, schedules, averaged weights, checkpoints, early stopping.

All randomness of an epoch comes from `seed + epoch`, so that a run resumed after an epoch goes on
to the same numbers as one that was never stopped.
"""

import dataclasses
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from sklearn.metrics import f1_score
from torch import Tensor, nn
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from emotion.types import LABELS
from train import checkpoint
from train.augment import augment, mix, to_pixels
from train.data import Split
from train.network import ExpressionNet, build
from train.recipes import Phase, Recipe

LAST, BEST = "last.pt", "best.pt"


@dataclass(frozen=True, slots=True)
class Device:
    """A split as tensors where the network is."""

    images: Tensor
    labels: Tensor
    votes: Tensor

    @classmethod
    def of(cls, split: Split, device: torch.device) -> "Device":
        arrays = (split.images, split.labels, split.votes)
        return cls(*(torch.from_numpy(array).to(device) for array in arrays))


def fit(
    recipe: Recipe,
    train: Split,
    valid: Split,
    out: Path,
    *,
    seed: int = 0,
    resume: bool = False,
    stop_after: int | None = None,
    accelerator: Accelerator | None = None,
) -> Path:
    """Train by the recipe and return the path of the best checkpoint on valid.

    `last.pt` and `best.pt` are written into `out` after every epoch; with `resume` the run goes on
    from `last.pt`. `stop_after` ends it early, after that epoch, to be resumed.
    """
    return Trainer(recipe, train, valid, out, seed, accelerator or Accelerator()).run(
        resume=resume, stop_after=stop_after
    )


class Trainer:
    """One run: what has to be remembered between its epochs."""

    def __init__(
        self,
        recipe: Recipe,
        train: Split,
        valid: Split,
        out: Path,
        seed: int,
        accelerator: Accelerator,
    ) -> None:
        self.recipe, self.out, self.seed, self.accelerator = recipe, out, seed, accelerator
        torch.manual_seed(seed)
        self.train = Device.of(train, accelerator.device)
        self.valid = Device.of(valid, accelerator.device)
        self.class_weights = class_weights(recipe, train).to(accelerator.device)
        network = build(recipe).to(accelerator.device, memory_format=torch.channels_last)
        self.network = accelerator.prepare(network)
        self.ema = _averaged(self.plain, recipe.ema)
        self.history: list[dict[str, float]] = []
        self.best = -1.0
        self.phase = -1

    @property
    def plain(self) -> ExpressionNet:
        """The network without Accelerate's wrapping."""
        return self.accelerator.unwrap_model(self.network)

    @property
    def served(self) -> ExpressionNet:
        """The weights that are judged and exported: averaged where the recipe averages."""
        return self.ema.module if self.ema is not None else self.plain

    def run(self, *, resume: bool, stop_after: int | None) -> Path:
        """All epochs, or those that are left."""
        if resume:
            self._restore(checkpoint.load(self.out / LAST))
        for epoch in range(len(self.history), self.recipe.epochs):
            self._enter_phase(self.recipe.phase_at(epoch))
            self._one_epoch(epoch)
            if self._out_of_patience() or epoch + 1 == stop_after:
                break
        return self.out / BEST

    def _one_epoch(self, epoch: int) -> None:
        began = time.perf_counter()
        # Set here, so that a resumed run draws what an unbroken one would have drawn.
        torch.manual_seed(self.seed + epoch)
        loss = self._train_epoch(epoch)
        accuracy, macro_f1 = self._validate()
        if isinstance(self.scheduler, lr_scheduler.ReduceLROnPlateau):
            self.scheduler.step(accuracy)
        row = {
            "epoch": epoch + 1,
            "loss": loss,
            "valid_accuracy": accuracy,
            "valid_macro_f1": macro_f1,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "seconds": time.perf_counter() - began,
        }
        self.history.append(row)
        self.accelerator.log(row, step=epoch + 1)
        self._keep(accuracy)

    def _train_epoch(self, epoch: int) -> float:
        phase = self.recipe.phases[self.phase]
        self.network.train()
        self.plain.freeze_trunk(phase.frozen)
        order = torch.randperm(len(self.train.labels))
        batches = order[: self._steps * self.recipe.batch_size].split(self.recipe.batch_size)
        title = f"epoch {epoch + 1}/{self.recipe.epochs}"
        total, seen = 0.0, 0
        with tqdm(batches, title, disable=not self.accelerator.is_main_process) as bar:
            for batch in bar:
                total += self._step(batch, phase.size) * len(batch)
                seen += len(batch)
                bar.set_postfix(
                    loss=f"{total / seen:.3f}",
                    valid=f"{self.best:.4f}" if self.history else "-",
                    rate=f"{self.optimizer.param_groups[0]['lr']:.1e}",
                )
        return total / seen

    def _step(self, batch: Tensor, size: int) -> float:
        batch = self._share(batch).to(self.accelerator.device)
        pixels = augment(self.train.images[batch], size, self.recipe.augmentation)
        targets = [self._label_targets(batch), self.train.votes[batch]]
        pixels, targets = mix(pixels, targets, self.recipe.augmentation)
        with self.accelerator.autocast():
            labels, votes = self.network(pixels.contiguous(memory_format=torch.channels_last))
        loss = soft_cross_entropy(labels, targets[0], self.class_weights)
        if votes is not None:
            loss = loss + self.recipe.votes * soft_cross_entropy(votes, targets[1])
        self.optimizer.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
        self.optimizer.step()
        if not isinstance(self.scheduler, lr_scheduler.ReduceLROnPlateau):
            self.scheduler.step()
        if self.ema is not None:
            self.ema.update_parameters(self.plain)
        return float(loss.detach())

    def _share(self, batch: Tensor) -> Tensor:
        """This process's part of a global batch."""
        return batch[self.accelerator.process_index :: self.accelerator.num_processes]

    def _label_targets(self, batch: Tensor) -> Tensor:
        hard = F.one_hot(self.train.labels[batch], len(LABELS)).float()
        smoothing = self.recipe.label_smoothing
        return hard * (1 - smoothing) + smoothing / len(LABELS)

    def _validate(self) -> tuple[float, float]:
        """Accuracy and macro-F1 on valid, one view, as served."""
        size = self.recipe.phases[self.phase].size
        logits = predict(self.served, self.valid.images, size)
        guesses, truth = logits.argmax(1).cpu().numpy(), self.valid.labels.cpu().numpy()
        macro = f1_score(
            truth, guesses, labels=range(len(LABELS)), average="macro", zero_division=0
        )
        return float(np.mean(guesses == truth)), float(macro)

    def _enter_phase(self, index: int) -> None:
        """A new phase starts with a fresh optimizer: another size, other weights to train."""
        if index == self.phase:
            return
        self.phase = index
        phase = self.recipe.phases[index]
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(self.plain, self.recipe.weight_decay), lr=phase.learning_rate
        )
        self.optimizer = self.accelerator.prepare(self.optimizer)
        self.scheduler = _scheduler(self.optimizer.optimizer, phase, self._steps)

    @property
    def _steps(self) -> int:
        """Steps in an epoch; a short last batch is left out, its statistics are poor."""
        return max(1, len(self.train.labels) // self.recipe.batch_size)

    def _out_of_patience(self) -> bool:
        scores = [row["valid_accuracy"] for row in self.history]
        since = len(scores) - 1 - int(np.argmax(scores))
        return self.recipe.patience is not None and since >= self.recipe.patience

    def _keep(self, accuracy: float) -> None:
        better = accuracy > self.best
        self.best = max(self.best, accuracy)
        if not self.accelerator.is_main_process:
            return
        checkpoint.save(self._state(), self.out / LAST)
        if better:
            weights = {"network": self.served.state_dict(), "recipe": to_json(self.recipe)}
            checkpoint.save(weights | {"history": self.history}, self.out / BEST)

    def _state(self) -> dict[str, Any]:
        return {
            "network": self.plain.state_dict(),
            "ema": self.ema.state_dict() if self.ema is not None else None,
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "phase": self.phase,
            "best": self.best,
            "history": self.history,
            "recipe": to_json(self.recipe),
        }

    def _restore(self, state: dict[str, Any]) -> None:
        if state["recipe"] != to_json(self.recipe):
            raise ValueError(
                f"{self.out / LAST} was written by another recipe: choose another --out"
            )
        self.plain.load_state_dict(state["network"])
        if self.ema is not None:
            self.ema.load_state_dict(state["ema"])
        self._enter_phase(state["phase"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.best, self.history = state["best"], state["history"]


@torch.no_grad()
def predict(network: nn.Module, images: Tensor, size: int, batch: int = 256) -> Tensor:
    """Label logits (N, 7) of uint8 (N, 48, 48), in evaluation mode."""
    network.eval()
    return torch.cat([network(to_pixels(part, size))[0] for part in images.split(batch)])


def soft_cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Mean cross-entropy of (N, K) against (N, K) distributions; an all-zero row does not count."""
    weighted = targets if weights is None else targets * weights
    losses = -(weighted * logits.float().log_softmax(1)).sum(1)
    return losses.sum() / weighted.sum().clamp(min=1e-6)


def class_weights(recipe: Recipe, train: Split) -> Tensor:
    """(7,) weights, mean 1 over the images: all 1, or the inverse of how often a class occurs."""
    if recipe.class_weights == "none":
        return torch.ones(len(LABELS))
    counts = torch.tensor([max(1, count) for count in train.counts.values()]).float()
    return counts.sum() / (len(LABELS) * counts)


def to_json(recipe: Recipe) -> str:
    """The recipe as a checkpoint carries it."""
    return json.dumps(dataclasses.asdict(recipe), sort_keys=True)


def _averaged(network: nn.Module, decay: float) -> AveragedModel | None:
    if not decay:
        return None
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)


def _parameter_groups(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weight decay for matrices and kernels; none for biases and normalisation."""
    learnt = list(network.parameters())
    kernels = [parameter for parameter in learnt if parameter.ndim > 1]
    vectors = [parameter for parameter in learnt if parameter.ndim <= 1]
    return [
        {"params": kernels, "weight_decay": decay},
        {"params": vectors, "weight_decay": 0.0},
    ]


def _scheduler(
    optimizer: torch.optim.Optimizer, phase: Phase, steps: int
) -> lr_scheduler.LRScheduler:
    total = phase.epochs * steps
    if phase.schedule == "plateau":
        return lr_scheduler.ReduceLROnPlateau(optimizer, mode="max", factor=0.5, patience=1)
    if phase.schedule == "one-cycle":
        return lr_scheduler.OneCycleLR(optimizer, phase.learning_rate, total_steps=total + 1)
    if phase.schedule == "exponential":
        return lr_scheduler.ExponentialLR(optimizer, 0.9 ** (1 / steps))  # a tenth less an epoch
    if phase.schedule == "constant":
        return lr_scheduler.ConstantLR(optimizer, factor=1.0)
    return lr_scheduler.LambdaLR(optimizer, lambda step: _cosine(step, total, phase))


def _cosine(step: int, total: int, phase: Phase) -> float:
    """The share of the highest rate at a step: a linear climb, then half a cosine down."""
    climb = phase.warmup * total
    if step < climb:
        return (step + 1) / (climb + 1)
    floor = phase.final_learning_rate / phase.learning_rate
    along = min(1.0, (step - climb) / max(1, total - climb))
    return floor + (1 - floor) * (1 + math.cos(math.pi * along)) / 2
