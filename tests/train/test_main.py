"""From the command line to a file that the package reads: one tiny run, end to end."""

import dataclasses
import json
from pathlib import Path

import pytest

from emotion import EmotionClassifier
from tests.train.test_evaluate import write_csv
from train import __main__ as command
from train import teach
from train.loop import fit
from train.network import restore
from train.recipes import Recipe
from train.split import Split


@pytest.fixture
def tiny_recipe(monkeypatch: pytest.MonkeyPatch, tiny: Recipe) -> None:
    monkeypatch.setitem(command.RECIPES, "lite0", tiny)


@pytest.mark.usefixtures("tiny_recipe")
def test_a_run_leaves_a_model_its_figures_and_a_card(
    tmp_path: Path, splits: dict[str, Split], capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = write_csv(tmp_path / "fer2013.csv", splits), tmp_path / "run"
    common = ["--out", str(out), "--push", "someone/faces", "--dry-run"]
    assert command.main(["--data", str(source), *common]) == 0
    metrics = json.loads((out / "metrics.json").read_text())
    assert {"model", "training", "valid", "test"} <= metrics.keys()
    classifier = EmotionClassifier(out / "emotion.onnx")
    assert len(classifier.classify(splits["test"].images)) == len(splits["test"])
    carried = json.loads(classifier.metadata["metrics"])
    assert carried["test"]["accuracy"] == metrics["test"]["accuracy"]
    assert metrics["model"]["bytes"] == (out / "emotion.onnx").stat().st_size
    assert "model-index" in (out / "hub" / "README.md").read_text()
    assert list((out / "log").rglob("events*")), "TensorBoard finds nothing"
    assert "someone/faces" not in capsys.readouterr().err
    assert command.main(common) == 0, "a finished folder can be published without training"


@pytest.mark.usefixtures("tiny_recipe")
def test_without_test_the_test_split_is_not_read(tmp_path: Path, splits: dict[str, Split]) -> None:
    source, out = write_csv(tmp_path / "fer2013.csv", splits), tmp_path / "run"
    assert command.main(["--data", str(source), "--out", str(out)]) == 0
    assert "test" not in json.loads((out / "metrics.json").read_text())


def test_teachers_are_trained_first_and_once(
    tmp_path: Path, splits: dict[str, Split], tiny: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    student = dataclasses.replace(tiny, teachers=("teacher",), weights="teacher", distillation=0.5)
    monkeypatch.setitem(command.RECIPES, "lite0", student)
    monkeypatch.setitem(command.RECIPES, "teacher", tiny)
    source, out = write_csv(tmp_path / "fer2013.csv", splits), tmp_path / "runs" / "student"
    assert command.main(["--data", str(source), "--out", str(out)]) == 0
    training = json.loads((out / "metrics.json").read_text())["training"]
    assert training["teachers"] == ["teacher"]
    assert training["weights"] == []
    assert EmotionClassifier(out / "emotion.onnx").metadata["dataset"] == "fer2013.csv"
    taught = tmp_path / "runs" / "teacher" / "best.pt"
    before = taught.stat().st_mtime_ns
    again = tmp_path / "runs" / "again"
    assert command.main(["--data", str(source), "--out", str(again), "--seed", "1"]) == 0
    assert taught.stat().st_mtime_ns == before
    # The CSV has no votes.
    learned = dataclasses.replace(student, votes=False, fer2013=0.0)
    assert restore(again / "best.pt")[1] == learned


def test_a_teacher_is_taught_by_its_own_first(
    tmp_path: Path, splits: dict[str, Split], tiny: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = dataclasses.replace(tiny, teachers=("first",), weights="first", distillation=0.5)
    student = dataclasses.replace(second, teachers=("second",), weights="second")
    recipes = {"lite0": student, "second": second, "first": tiny}
    for name, recipe in recipes.items():
        monkeypatch.setitem(command.RECIPES, name, recipe)
    lessons = {}

    def noting(recipe: Recipe, *arguments: object, **named: object) -> Path:
        lessons[recipe] = named["lesson"]
        return fit(recipe, *arguments, **named)

    monkeypatch.setattr(teach, "fit", noting)
    source, out = write_csv(tmp_path / "fer2013.csv", splits), tmp_path / "runs" / "student"
    assert command.main(["--data", str(source), "--out", str(out)]) == 0
    assert list(lessons) == [tiny, second, student]
    assert [lesson is None for lesson in lessons.values()] == [True, False, False]
    learned = dataclasses.replace(second, votes=False, fer2013=0.0)
    assert teach.is_finished(learned, out.parent / "second")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--data", "nowhere.csv"], "nowhere.csv"),
        (["--out", "empty", "--push", "someone/faces", "--dry-run"], "emotion.onnx"),
        (["--data", "nowhere.csv", "--push", "no/such/name"], "no/such/name"),
    ],
)
def test_errors_are_one_sentence(
    tmp_path: Path,
    arguments: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command.main(arguments) == 1
    error = capsys.readouterr().err
    assert sentence in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1


def test_nothing_to_do_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        command.main([])
    assert exit_info.value.code == 2
    assert "--data is needed" in capsys.readouterr().err


@pytest.mark.usefixtures("tiny_recipe")
def test_ctrl_c_says_how_to_go_on(
    tmp_path: Path,
    splits: dict[str, Split],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(teach, "fit", interrupted)
    source = write_csv(tmp_path / "fer2013.csv", splits)
    assert command.main(["--data", str(source), "--out", str(tmp_path)]) == 130
    assert "Stopped" in capsys.readouterr().err
