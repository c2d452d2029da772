"""The loop: it learns, it resumes to the same numbers, it stops when told."""

import copy
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import DEFAULT, Mock

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch.utils._pytree import tree_flatten

from emotion.types import LABELS
from train import checkpoint, loop
from train.augment import mix, mixed_features
from train.checkpoint import BEST, LAST
from train.errors import TrainError, WeightsError
from train.loop import Trainer, stopped
from train.network import restore
from train.recipes import Augmentation, Phase, Recipe
from train.split import Split
from train.validate import predict, scores

Splits = dict[str, Split]


def run(
    recipe: Recipe, splits: Splits, out: Path, *, resume: bool = False, **options: object
) -> dict[str, object]:
    """What last.pt holds after the run, without the time it took."""
    stop_after = options.pop("stop_after", None)
    trainer = Trainer(recipe, splits["train"], splits["valid"], out, **options)
    trainer.run(resume=resume, stop_after=stop_after)
    state = checkpoint.load(out / LAST)
    for row in state["history"]:
        row.pop("seconds")
    return state


def assert_same(one: object, other: object) -> None:
    """Bit for bit, through dicts and lists."""
    (mine, shape), (theirs, wanted) = tree_flatten(one), tree_flatten(other)
    assert shape == wanted
    for leaf, same in zip(mine, theirs, strict=True):
        assert torch.equal(leaf, same) if isinstance(leaf, torch.Tensor) else leaf == same


def test_a_run_resumed_after_any_epoch_is_the_unbroken_one(
    tiny: Recipe, splits: Splits, tmp_path: Path
) -> None:
    frozen = Phase(epochs=1, size=16, learning_rate=3e-3, frozen=True)
    cosine = Phase(epochs=2, size=16, learning_rate=3e-3)
    one_cycle = dataclasses.replace(cosine, schedule="one-cycle")
    phases = (frozen, cosine, one_cycle)
    recipe = dataclasses.replace(tiny, phases=phases, class_weights="fixed")
    whole = run(recipe, splits, tmp_path / "whole", seed=1)
    best = checkpoint.load(tmp_path / "whole" / BEST)["network"]
    for stop in range(1, 6):
        out = tmp_path / str(stop)
        assert len(run(recipe, splits, out, seed=1, stop_after=stop)["history"]) == stop
        assert_same(run(recipe, splits, out, seed=1, resume=True), whole)
        assert_same(checkpoint.load(out / BEST)["network"], best)


def test_it_learns_and_keeps_the_best(splits: Splits, tiny: Recipe, tmp_path: Path) -> None:
    recipe = dataclasses.replace(
        tiny,
        phases=(Phase(epochs=12, size=16, learning_rate=1e-2, schedule="one-cycle"),),
        dense=(),
        dropout=(),
        ema=0.0,
        votes=False,
        augmentation=Augmentation(shift=0, scale=0, rotation=0, brightness=0, contrast=0),
    )
    history = run(recipe, splits, tmp_path)["history"]
    assert history[-1]["loss"] < history[0]["loss"]
    best = max(row["valid_accuracy"] for row in history)
    assert best > 0.5
    network, _ = restore(tmp_path / BEST)
    logits = predict(network, torch.from_numpy(splits["valid"].images), 16)[0]
    guesses = (logits + network.log_prior).argmax(1).numpy()
    assert np.mean(guesses == splits["valid"].labels) == pytest.approx(best)
    assert all(0 <= history[-1][f"valid_recall_{label}"] <= 1 for label in LABELS)


@pytest.mark.parametrize(
    ("by", "values", "best"),  # as many as are trained, and the best of them
    [
        ("accuracy", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 6),
        ("accuracy", [0.5, 0.1, 0.1, 0.4], 1),  # the frozen epochs do not count
        ("loss", [0.3, 0.3, 0.1, 0.1, 0.2], 3),  # a tie is no gain
    ],
)
def test_patience(  # noqa: PLR0917 - fixtures
    by: str,
    values: list[float],
    best: int,
    tiny: Recipe,
    splits: Splits,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rest = dict.fromkeys(("valid_accuracy", "valid_loss", "valid_macro_f1"), 0)
    rows = [rest | {f"valid_{by}": value} for value in values]
    monkeypatch.setattr(loop, "scores", Mock(side_effect=rows))
    first = Phase(epochs=2, size=16, learning_rate=1e-3, frozen=True)
    phases = (first, Phase(epochs=4, size=16, learning_rate=1e-3))
    recipe = dataclasses.replace(tiny, phases=phases, patience=2, chosen_by=by)
    assert len(run(recipe, splits, tmp_path)["history"]) == len(values)
    assert len(checkpoint.load(tmp_path / BEST)["history"]) == best


def test_what_is_frozen_stays_and_mixup_is_of_what_it_gives(
    tiny: Recipe, splits: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels, features = Mock(wraps=mix), Mock(wraps=mixed_features)
    monkeypatch.setattr(loop, "mix", pixels)
    monkeypatch.setattr(loop, "mixed_features", features)
    heads = Phase(epochs=1, size=32, learning_rate=1e-3, frozen=True)
    later = dataclasses.replace(heads, frozen=False, frozen_stages=2)
    recipe = dataclasses.replace(
        tiny, architecture="tf_efficientnet_lite0", phases=(heads, later), dense=(), dropout=()
    )
    trainer = Trainer(recipe, splits["train"], splits["valid"], tmp_path)
    start = copy.deepcopy(trainer.plain.state_dict())

    def moved() -> set[str]:
        now = trainer.plain.state_dict()
        return {name for name in start if not torch.equal(start[name], now[name])}

    trainer.run(stop_after=1)
    assert {"head.weight", "fer2013_head.weight"} <= moved()
    assert not torch.equal(trainer.ema.module.head.weight, start["head.weight"])
    assert not [name for name in moved() if name.startswith("trunk.")]
    assert pixels.call_args.args[2].mixup > 0
    trainer.run(stop_after=2)
    assert "trunk.conv_head.weight" in moved()
    first = ("trunk.conv_stem.", "trunk.bn1.", "trunk.blocks.0.", "trunk.blocks.1.")
    assert not [name for name in moved() if name.startswith(first)]
    assert pixels.call_args.args[2].mixup == 0
    assert {call.args[0] for call in features.call_args_list} == {trainer.plain.trunk.blocks[1]}


def test_the_loss_that_is_no_number(tiny: Recipe, splits: Splits, tmp_path: Path) -> None:
    phase = Phase(epochs=2, size=16, learning_rate=1e30)
    recipe = dataclasses.replace(tiny, phases=(phase,), clip=0.0)
    with pytest.raises(TrainError, match="The loss is nan in epoch"):
        run(recipe, splits, tmp_path)


def test_ctrl_c_leaves_the_last_whole_epoch(
    tiny: Recipe, splits: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "nothing to resume" in stopped([tmp_path])
    whole = run(tiny, splits, tmp_path / "whole")
    with monkeypatch.context() as patch:
        steps = [DEFAULT] * 4 + [KeyboardInterrupt]  # in the middle of the second epoch
        patch.setattr(loop, "augment", Mock(wraps=loop.augment, side_effect=steps))
        with pytest.raises(KeyboardInterrupt):
            run(tiny, splits, tmp_path)
    said = stopped([tmp_path / "teacher", tmp_path])
    assert said.endswith(f"--resume goes on from {tmp_path / LAST}.")
    assert_same(run(tiny, splits, tmp_path, resume=True), whole)


def test_resuming_something_else_or_nothing(tiny: Recipe, splits: Splits, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"last\.pt: no such checkpoint"):
        run(tiny, splits, tmp_path, resume=True)
    run(tiny, splits, tmp_path, stop_after=1)
    for recipe, seed in ((tiny, 1), (dataclasses.replace(tiny, batch_size=4), 0)):
        with pytest.raises(TrainError, match="was written with another recipe or seed"):
            run(recipe, splits, tmp_path, seed=seed, resume=True)


@pytest.fixture
def fresh_accelerate() -> Iterator[None]:
    """Accelerate remembers its first precision for as long as the process lives."""
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.usefixtures("fresh_accelerate")
def test_bfloat16_through_a_thaw(tiny: Recipe, splits: Splits, tmp_path: Path) -> None:
    frozen = Phase(epochs=1, size=16, learning_rate=1e-3, frozen=True)
    recipe = dataclasses.replace(tiny, phases=(frozen, dataclasses.replace(frozen, frozen=False)))
    accelerator = Accelerator(mixed_precision="bf16", cpu=True)
    whole = run(recipe, splits, tmp_path / "whole", accelerator=accelerator)
    run(recipe, splits, tmp_path / "half", stop_after=1, accelerator=accelerator)
    half = run(recipe, splits, tmp_path / "half", resume=True, accelerator=accelerator)
    assert_same(half, whole)
    assert whole["network"]["head.weight"].dtype == torch.float32
    assert restore(tmp_path / "whole" / BEST)[0](torch.zeros(1, 1, 16, 16))[0].isfinite().all()


def test_data_without_votes_and_fewer_images_than_a_batch(
    tiny: Recipe, splits: Splits, tmp_path: Path
) -> None:
    train = splits["train"]
    blank = Split(train.images, train.labels, np.zeros_like(train.votes))
    recipe = dataclasses.replace(tiny, batch_size=100)
    for part in ("train", "valid"):
        (row,) = run(recipe, splits | {part: blank}, tmp_path / part, stop_after=1)["history"]
        assert np.isfinite([row["loss"], row["valid_loss"]]).all()


def test_macro_f1_is_over_the_labels_that_occur() -> None:
    targets = torch.eye(7)[[3, 3, 4]]
    found = scores(targets, 9 * targets)
    assert (found["valid_macro_f1"], found["valid_recall_sad"]) == (1, 1)
    assert found["valid_recall_fear"] == 0
