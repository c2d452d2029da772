"""Teachers: which runs serve, what they say, and what a student makes of it."""

import dataclasses
from pathlib import Path

import pytest
import torch

from train import checkpoint
from train.checkpoint import BEST, LAST
from train.loop import fit
from train.network import build
from train.objective import Lesson, label_targets, taught
from train.recipes import Recipe, to_json
from train.split import Split
from train.teach import is_finished, teach
from train.validate import predict


@pytest.fixture
def teacher(tiny: Recipe, tmp_path: Path) -> Path:
    path = tmp_path / "teacher" / BEST
    torch.manual_seed(3)
    network = build(tiny)
    network.log_prior[3] = 1.0
    checkpoint.save({"network": network.state_dict(), "recipe": to_json(tiny)}, path)
    return path


def test_a_lesson_is_the_mean_over_teachers_and_mirror_images(
    teacher: Path, tiny: Recipe, splits: dict[str, Split]
) -> None:
    images = torch.from_numpy(splits["train"].images)
    lesson = teach([teacher, teacher], images)
    network = build(tiny).eval()
    network.load_state_dict(checkpoint.load(teacher)["network"])
    views = [predict(network, view, 16) for view in (images, images.flip(2))]
    # As common as the labels are in the votes that it is mixed with.
    served = sum((logits[0] + network.log_prior).softmax(1) for logits in views) / 2
    assert torch.allclose(lesson.served, served, atol=1e-5)
    assert torch.allclose(lesson.fer2013, sum(v[1].softmax(1) for v in views) / 2, atol=1e-5)
    # One without a second head says nothing of it.
    plain = dataclasses.replace(tiny, fer2013=0.0)
    saved = {"network": build(plain).state_dict(), "recipe": to_json(plain)}
    checkpoint.save(saved, teacher.with_name("plain.pt"))
    both = teach([teacher.with_name("plain.pt"), teacher], images)
    assert torch.equal(both.fer2013, teach([teacher], images).fer2013)


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
    sad = label_targets(torch.full((len(train),), 4), 0.0)
    lesson = Lesson(sad, torch.zeros(len(train), 7))
    phase = dataclasses.replace(tiny.phases[0], learning_rate=1e-2, epochs=20)
    recipe = dataclasses.replace(tiny, phases=(phase,), distillation=1.0, ema=0.0, votes=False)
    fit(recipe, train, splits["valid"], tmp_path, lesson=lesson)
    network = build(recipe)
    network.load_state_dict(checkpoint.load(tmp_path / LAST)["network"])
    said = predict(network, torch.from_numpy(train.images), 16)[0].argmax(1)
    assert (said == 4).float().mean() > 0.9


def test_only_a_finished_run_of_the_recipe_serves(
    tiny: Recipe, splits: dict[str, Split], tmp_path: Path
) -> None:
    assert not is_finished(tiny, tmp_path)
    fit(tiny, splits["train"], splits["valid"], tmp_path, stop_after=2)
    assert not is_finished(tiny, tmp_path)
    fit(tiny, splits["train"], splits["valid"], tmp_path, resume=True)
    assert is_finished(tiny, tmp_path)
    assert not is_finished(dataclasses.replace(tiny, weight_decay=0.5), tmp_path)
