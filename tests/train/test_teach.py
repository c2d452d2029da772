"""Teachers: which runs serve, what they say, and what a student makes of it."""

import dataclasses
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from train import checkpoint
from train.augment import to_pixels
from train.checkpoint import LAST
from train.loop import Trainer
from train.network import build
from train.objective import Lesson, label_targets, taught
from train.recipes import Recipe, to_json
from train.split import Split
from train.teach import Teachers, is_finished
from train.validate import predict


def test_a_lesson_is_the_mean_over_teachers(
    tiny: Recipe, splits: dict[str, Split], tmp_path: Path
) -> None:
    recipes = (tiny, dataclasses.replace(tiny, fer2013=0.0))
    network, other = (build(recipe).eval() for recipe in recipes)
    network.log_prior[3] = 1.0
    bests = tmp_path / "two.pt", tmp_path / "one.pt"
    for path, taught_by, recipe in zip(bests, (network, other), recipes, strict=True):
        saved = {"network": taught_by.state_dict(), "recipe": to_json(recipe)}
        checkpoint.save(saved, path)
    pixels = to_pixels(torch.from_numpy(splits["train"].images), 24)
    lesson = Teachers(bests)(pixels)
    # Each sees the faces at its own size.
    seen = functional.interpolate(pixels, size=(16, 16), mode="bilinear")
    logits = network(seen)
    # As common as the labels are in the votes that it is mixed with.
    served = (logits[0] + network.log_prior).softmax(1) + other(seen)[0].softmax(1)
    assert torch.allclose(lesson.served, served / 2, atol=1e-5)
    # One without a second head says nothing of it.
    assert torch.allclose(lesson.fer2013, logits[1].softmax(1), atol=1e-5)


def test_targets_with_a_share_of_the_lesson_weigh_what_they_did() -> None:
    own = torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.5, 0.5], [0.6, 0.2]])
    lesson = torch.tensor([[0.2, 0.8], [0.2, 0.8], [0.0, 0.0], [0.0, 1.0]])
    wanted = torch.tensor([[0.44, 0.56], [0.0, 0.0], [0.5, 0.5], [0.18, 0.62]])
    assert torch.allclose(taught(own, lesson, 0.7), wanted)


def test_a_student_learns_the_lesson_and_not_the_label(
    tiny: Recipe, splits: dict[str, Split], tmp_path: Path
) -> None:
    """Taught wholly by a teacher who says "sad" of everything, it says so of everything."""
    train = splits["train"]

    def sad(pixels: Tensor) -> Lesson:
        count = len(pixels)
        return Lesson(label_targets(torch.full((count,), 4), 0.0), torch.zeros(count, 7))

    phase = dataclasses.replace(tiny.phases[0], learning_rate=1e-2, epochs=20)
    recipe = dataclasses.replace(tiny, phases=(phase,), distillation=1.0, ema=0.0, votes=False)
    Trainer(recipe, train, splits["valid"], tmp_path, teachers=sad).run()
    network = build(recipe)
    network.load_state_dict(checkpoint.load(tmp_path / LAST)["network"])
    said = predict(network, torch.from_numpy(train.images), 16)[0].argmax(1)
    assert (said == 4).float().mean() > 0.9


def test_only_a_finished_run_of_the_recipe_serves(
    tiny: Recipe, splits: dict[str, Split], tmp_path: Path
) -> None:
    assert not is_finished(tiny, tmp_path)
    faces = splits["train"], splits["valid"]
    Trainer(tiny, *faces, tmp_path).run(stop_after=2)
    assert not is_finished(tiny, tmp_path)
    Trainer(tiny, *faces, tmp_path).run(resume=True)
    assert is_finished(tiny, tmp_path)
    assert not is_finished(dataclasses.replace(tiny, weight_decay=0.5), tmp_path)
