"""The training loop: phases, averaged weights, checkpoints, early stopping, many processes.

A run resumed after an epoch goes on to the same numbers as one that was never stopped.

With many processes every one of them draws and augments the whole batch and then takes its share,
so that what is learnt does not depend on their number. That costs each process the augmentation of
images it does not learn from: a few element-wise steps on one grey channel, nothing beside a trunk.
"""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from timm.layers.norm_act import convert_sync_batchnorm
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from train import checkpoint
from train.augment import augment, mix, mixed_features, to_pixels
from train.average import averaged, retake_statistics
from train.checkpoint import BEST, LAST
from train.errors import TrainError
from train.network import ExpressionNet, build
from train.objective import (
    Lesson,
    class_weights,
    log_prior,
    soft_cross_entropy,
    suited,
    targets_of,
    taught,
    weight_of,
)
from train.processes import from_main
from train.recipes import Phase, Recipe, from_json, to_json
from train.schedule import optimizer_for, schedule_for
from train.split import Split
from train.validate import predict, scores

# Targets to those of features that are mixed while it is entered.
Mixing = Callable[[list[Tensor]], AbstractContextManager[list[Tensor]]]

# The folder of a run that TensorBoard reads.
LOG = "log"
# Batches of train, as serving sees them, from which averaged weights' batch norms learn.
STATISTICS = 16


def stopped(runs: Sequence[Path]) -> str:
    """What to tell someone who pressed Ctrl-C; runs are the folders of teachers, then the run's."""
    for out in reversed(runs):
        if (out / LAST).is_file():
            return f"Stopped. The same command with --resume goes on from {out / LAST}."
    return "Stopped before the first epoch was over: there is nothing to resume from."


class Trainer:
    """One run, and its state between epochs, which is kept in `out`.

    `teachers` give a Lesson on the pixels that are learned from. Raises WeightsError where the
    weights to start from are not to be had or don't fit.
    """

    network: nn.Module  # `plain`, wrapped where there are several processes
    schedule: LRScheduler

    def __init__(
        self,
        recipe: Recipe,
        train: Split,
        valid: Split,
        out: Path,
        *,
        seed: int = 0,
        accelerator: Accelerator | None = None,
        teachers: Callable[[Tensor], Lesson] | None = None,
    ) -> None:
        accelerator = accelerator or Accelerator()
        recipe = suited(recipe, train)
        self.recipe, self.out, self.seed, self.accelerator = recipe, out, seed, accelerator
        torch.manual_seed(seed)
        device = accelerator.device
        self.images = torch.from_numpy(train.images).to(device)
        self.valid = torch.from_numpy(valid.images).to(device)
        self.valid_targets = targets_of(recipe, valid, smoothed=False)[0].to(device)
        counts = torch.tensor(list(train.counts.values())).float()
        self.class_weights = class_weights(recipe, counts).to(device)
        self.teachers = teachers
        self.targets = [target.to(device) for target in targets_of(recipe, train)]
        network = self._built(torch.from_numpy(train.images))
        network.log_prior.copy_(log_prior(self.targets[0], recipe.prior_floor))
        if accelerator.num_processes > 1 and device.type == "cuda":
            # Statistics over the whole batch, as one GPU would take them.
            network = convert_sync_batchnorm(network)
        self.plain = network.to(device)
        self.plain.to(memory_format=torch.channels_last)
        self.ema = averaged(self.plain, recipe.ema) if recipe.ema else None
        self.history: list[dict[str, float]] = []
        self.phase = -1

    def _built(self, faces: Tensor) -> ExpressionNet:
        """The network to start from; only the main process needs the weights' file."""
        network = ExpressionNet(self.recipe)
        begun = from_main(lambda: build(self.recipe, faces, self.out.parent).state_dict())
        network.load_state_dict(begun)
        return network

    def served(self) -> ExpressionNet:
        """What is judged and exported: the averaged weights where the recipe wants them."""
        if self.ema is None:
            return self.plain
        network = cast("ExpressionNet", self.ema.module)
        size = self.recipe.phases[-1].size
        rows = torch.randperm(len(self.images))[: STATISTICS * self.recipe.batch_size]
        faces = self.images[rows.to(self.images.device)]
        batches = [to_pixels(part, size) for part in faces.split(self.recipe.batch_size)]
        retake_statistics(network, self.plain, batches)
        return network

    def _score(self, row: dict[str, float]) -> float:
        """By which the epoch is chosen: the higher the better."""
        return -row["valid_loss"] if self.recipe.chosen_by == "loss" else row["valid_accuracy"]

    def run(self, *, resume: bool = False, stop_after: int | None = None) -> Path:
        """Train, and return the path of the checkpoint that was best on valid.

        `last.pt` and `best.pt` are written after every epoch; with `resume` the run goes on from
        `last.pt`. `stop_after` ends it after that epoch. Raises TrainError where the checkpoint
        does not fit, or the loss is not a number any more.
        """
        if resume:
            keys = ("network", "optimizer", "recipe", "seed")
            self._restore(from_main(lambda: checkpoint.load(self.out / LAST, *keys)))
        for epoch in range(
            len(self.history), min(self.recipe.epochs, stop_after or self.recipe.epochs)
        ):
            if self._out_of_patience():
                self.accelerator.print(
                    f"Stopped early: {self.recipe.patience} epochs have brought nothing better."
                )
                break
            self._enter_phase(self.recipe.phase_at(epoch))
            self._one_epoch(epoch)
        self.accelerator.wait_for_everyone()
        return self.out / BEST

    def _one_epoch(self, epoch: int) -> None:
        began = time.perf_counter()
        self._draw_anew(epoch)
        loss, accuracy = self._train_epoch(epoch)
        if not math.isfinite(loss):
            raise TrainError(f"The loss is {loss} in epoch {epoch + 1}: try a lower learning rate.")
        self._draw_anew(epoch)
        served = self.served()
        row = {"epoch": epoch + 1, "loss": loss, "accuracy": accuracy, **self._validate(served)}
        rate = float(self.schedule.get_last_lr()[0])
        row |= {"learning_rate": rate, "seconds": time.perf_counter() - began}
        self._keep(row, served)

    def _draw_anew(self, *numbers: int) -> None:
        """Set all randomness by the run's seed and these numbers.

        So a resumed run draws what an unbroken one would have drawn, and processes draw the same,
        however much dropout took of it in each.
        """
        torch.manual_seed(hash((self.seed, *numbers)) % 2**63)

    def _train_epoch(self, epoch: int) -> tuple[float, float]:
        """Mean loss and accuracy over the epoch, on augmented images, as the weights moved."""
        phase, size = self.recipe.phases[self.phase], self.recipe.batch_size
        self.network.train()
        self.plain.freeze_trunk(phase.frozen, phase.frozen_stages)
        order = torch.randperm(len(self.images))
        batches = order[: self._steps * size].split(size)
        sums, seen = torch.zeros(2, device=self.accelerator.device), 0
        title = f"epoch {epoch + 1}/{self.recipe.epochs}"
        with tqdm(batches, title, disable=not self.accelerator.is_main_process) as bar:
            for step, batch in enumerate(bar):
                self._draw_anew(epoch, step)
                sums += self._step(batch.to(self.accelerator.device), phase)
                seen += len(batch)
                if step % 10 == 0:  # reading a number waits for the device
                    means = (sums * self.accelerator.num_processes / seen).tolist()
                    bar.set_postfix(loss=f"{means[0]:.3f}", accuracy=f"{means[1]:.3f}")
        loss, accuracy = (self.accelerator.reduce(sums, "sum") / seen).tolist()
        return loss, accuracy

    def _step(self, batch: Tensor, phase: Phase) -> Tensor:
        """Learn from one batch; (2,) sums over this process's share: loss, right answers."""
        how = phase.augmentation or self.recipe.augmentation
        pixels = augment(self.images[batch], phase.size, how)
        targets = [target[batch] for target in self.targets]
        mixing: Mixing = nullcontext
        if phase.frozen_stages and how.mixup:
            # Where the first stages don't learn, mixup is of what they give, and not of pixels: the
            # last stage of 1.0.0 read 76.9 % of CK+ that way, and 75.7 % without mixup.
            block = self.plain.trunk.blocks[phase.frozen_stages - 1]
            mixing, how = partial(mixed_features, block, alpha=how.mixup), replace(how, mixup=0.0)
        pixels, targets = mix(pixels, targets, how)
        loss, right = self._gradient(pixels, targets, mixing)
        self._descend()
        return torch.stack([loss * len(batch), right])

    def _gradient(
        self, pixels: Tensor, targets: list[Tensor], mixing: Mixing
    ) -> tuple[Tensor, Tensor]:
        """The gradient at these weights, left in them; loss and right answers of this share."""
        share = slice(self.accelerator.process_index, None, self.accelerator.num_processes)
        # Dropout of each process its own.
        torch.manual_seed(torch.initial_seed() + 1 + self.accelerator.process_index)
        mine = [target[share] for target in targets]
        with self.accelerator.autocast():
            seen = pixels[share].contiguous(memory_format=torch.channels_last)
            if self.teachers is not None:
                lesson, part = self.teachers(seen), self.recipe.distillation
                pairs = zip(mine, (lesson.served, lesson.fer2013), strict=False)
                mine = [taught(*pair, part) for pair in pairs]
            with mixing(mine) as mine:
                logits = self.network(seen)
        loss = self._loss(logits, mine, targets)
        self.optimizer.zero_grad(set_to_none=True)
        # The processes' gradients are averaged; the sum is wanted, each loss being a part of one.
        self.accelerator.backward(loss * self.accelerator.num_processes)
        guesses = (logits[0] + self.plain.log_prior).argmax(1)
        right = (guesses == mine[0].argmax(1)).sum()
        return loss.detach(), right

    def _loss(
        self, logits: tuple[Tensor, Tensor | None], mine: list[Tensor], targets: list[Tensor]
    ) -> Tensor:
        """This share's part of the batch's loss: the parts of all processes add up to it."""
        heads = [(logits[0] + self.plain.log_prior, self.class_weights, 1.0)]
        if logits[1] is not None:
            heads.append((logits[1], torch.ones_like(self.class_weights), self.recipe.fer2013))
        losses = [
            factor * soft_cross_entropy(said, target, weights, weight_of(every, weights))
            for (said, weights, factor), target, every in zip(heads, mine, targets, strict=True)
        ]
        return torch.stack(losses).sum()

    def _descend(self) -> None:
        if self.recipe.clip:
            self.accelerator.clip_grad_norm_(self.plain.parameters(), self.recipe.clip)
        self.optimizer.step()
        if self.accelerator.optimizer_step_was_skipped:  # float16 overflowed: the scale is halved
            return
        self.schedule.step()
        if self.ema is not None:
            self.ema.update_parameters(self.plain)

    def _validate(self, served: ExpressionNet) -> dict[str, float]:
        """`scores` on valid: one view at the size that is served, in training's precision."""
        # Batch norm's running statistics are each process's own: all judge the first one's.
        broadcast([*self.plain.buffers(), *served.buffers()])
        share = slice(self.accelerator.process_index, None, self.accelerator.num_processes)
        with self.accelerator.autocast():
            logits = predict(served, self.valid[share], self.recipe.phases[-1].size)[0]
        pairs = torch.stack([self.valid_targets[share], logits + served.log_prior], dim=1)
        # Filled up with zeros, which `scores` leaves out.
        pairs = self.accelerator.gather(self.accelerator.pad_across_processes(pairs))
        return scores(*pairs.unbind(1))

    def _enter_phase(self, index: int) -> None:
        """A new phase starts with a fresh optimizer: another size, other weights to train."""
        if index == self.phase:
            return
        if self.phase >= 0:
            self.plain = self.accelerator.unwrap_model(self.network, keep_fp32_wrapper=False)
            # Otherwise the last phase's optimizer would have its say in clipping float16 gradients.
            self.accelerator.free_memory()
        self.phase, phase = index, self.recipe.phases[index]
        # Before wrapping: DistributedDataParallel waits for the gradients it then found wanted.
        self.plain.freeze_trunk(phase.frozen, phase.frozen_stages)
        self.network, self.optimizer = self.accelerator.prepare(
            self.plain, optimizer_for(self.plain, phase, self.recipe.weight_decay)
        )
        self.schedule = schedule_for(self.optimizer.optimizer, phase, self._steps)

    @property
    def _steps(self) -> int:
        """Steps in an epoch; a short last batch is left out, its statistics are poor."""
        return max(1, len(self.images) // self.recipe.batch_size)

    def _out_of_patience(self) -> bool:
        before = self.recipe.epochs - self.recipe.phases[-1].epochs
        if self.recipe.patience is None or len(self.history) <= before:
            return False
        scores = [self._score(row) for row in self.history]
        since = len(scores) - 1 - int(np.argmax(scores))
        return min(since, len(scores) - before) >= self.recipe.patience

    def _keep(self, row: dict[str, float], served: ExpressionNet) -> None:
        better = self._score(row) > max(map(self._score, self.history), default=-math.inf)
        self.history.append(row)
        self.accelerator.print(_summary(row, better, self.recipe.epochs))
        if not self.accelerator.is_main_process:
            return
        # The best first: killed between the two, the epoch is done again. The other way round, the
        # history would know of a best that is not there.
        if better:
            weights = {"network": served.state_dict(), "recipe": to_json(self.recipe)}
            checkpoint.save(weights | {"history": self.history}, self.out / BEST)
        checkpoint.save(self._state(), self.out / LAST)
        with SummaryWriter(self.out / LOG) as writer:
            for name, value in row.items():
                writer.add_scalar(name, value, int(row["epoch"]))

    @property
    def _parts(self) -> dict[str, Any]:
        """What has a state to go on from."""
        parts = {
            "network": self.plain,
            "ema": self.ema,
            "optimizer": self.optimizer,
            "scheduler": self.schedule,
            "scaler": self.accelerator.scaler,
        }
        return {name: part for name, part in parts.items() if part is not None}

    def _state(self) -> dict[str, Any]:
        return {
            **{name: part.state_dict() for name, part in self._parts.items()},
            "phase": self.phase,
            "history": self.history,
            "recipe": to_json(self.recipe),
            "seed": self.seed,
        }

    def _restore(self, state: dict[str, Any]) -> None:
        if (from_json(state["recipe"]), state["seed"]) != (self.recipe, self.seed):
            raise TrainError(
                f"{self.out / LAST} was written with another recipe or seed: choose another --out"
            )
        self._enter_phase(state["phase"])
        for name, part in self._parts.items():
            if name in state:  # no scaler where the run began in another precision
                part.load_state_dict(state[name])
        self.history = state["history"]


def _summary(row: dict[str, float], better: bool, epochs: int) -> str:
    left = (epochs - row["epoch"]) * row["seconds"] / 60
    return (
        f"epoch {row['epoch']:.0f}/{epochs}: loss {row['loss']:.3f}, "
        f"valid loss {row['valid_loss']:.4f}, accuracy {row['valid_accuracy']:.4f}, "
        f"macro-F1 {row['valid_macro_f1']:.4f}{' (the best so far)' if better else ''}, "
        f"about {left:.0f} min left"
    )
