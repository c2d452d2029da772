"""From the command line to a file that the package reads: one tiny run, end to end."""

import dataclasses
import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from huggingface_hub import ModelCard

from emotion import EmotionClassifier
from tests.hub_stand_in import HubStandIn, Repository
from tests.train.conftest import write_csv
from train import __main__ as command
from train import calibrate, teach
from train.checkpoint import LAST
from train.export import export
from train.loop import Trainer
from train.network import build, restore
from train.recipes import RECIPES, Recipe
from train.split import Split


@pytest.fixture
def tiny_recipe(monkeypatch: pytest.MonkeyPatch, tiny: Recipe) -> None:
    phases = (dataclasses.replace(tiny.phases[0], epochs=1),)
    monkeypatch.setitem(RECIPES, "lite0", dataclasses.replace(tiny, phases=phases))


@pytest.mark.usefixtures("tiny_recipe")
def test_a_run_leaves_a_model_its_figures_and_a_card(
    tmp_path: Path, splits: dict[str, Split], capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setattr(calibrate, "FEWEST", 5)
    source, out = write_csv(tmp_path / "faces.csv", splits), tmp_path / "run"
    *_, test_row = source.read_text().splitlines()
    with source.open("a") as file:
        file.write("\n" + test_row.replace("PrivateTest", "Training"))
    common = ["--out", str(out), "--push", "someone/faces", "--dry-run"]
    about = ["--version", "2.0.0", "--licence", "cc-by-4.0", "--data-name", "Made Faces"]
    assert command.main(["--data", str(source), *common, *about]) == 0
    metrics = json.loads((out / "metrics.json").read_text())
    assert {"model", "training", "valid", "test"} <= metrics.keys()
    assert (metrics["model"]["version"], metrics["model"]["licence"]) == ("2.0.0", "cc-by-4.0")
    assert (metrics["training"]["dataset"], metrics["training"]["votes"]) == ("Made Faces", False)
    assert metrics["training"]["twins_dropped"] == 1
    assert "fer2013" not in metrics["test"], "a head that learned nothing is not in the file"
    classifier = EmotionClassifier(out / "emotion.onnx")
    assert len(classifier.classify(splits["test"].images)) == len(splits["test"])
    assert classifier.metadata["dataset"] == "Made Faces"
    cooled = restore(out / "best.pt")[0].log_prior / metrics["model"]["temperature"]
    assert json.loads(classifier.metadata["log_prior"]) == pytest.approx(cooled.tolist())
    assert metrics["model"]["bytes"] == (out / "emotion.onnx").stat().st_size
    data = ModelCard((out / "hub" / "README.md").read_text()).data
    assert (data.license, data.datasets) == ("cc-by-4.0", ["madefaces"])
    assert list((out / "log").glob("events*")), "TensorBoard finds nothing"
    assert "error" not in capsys.readouterr().err
    assert command.main(common) == 0, "a finished folder can be published without training"
    assert command.main(["--data", str(source), "--out", str(out)]) == 1
    assert "holds a run already: --resume" in capsys.readouterr().err
    (out / "own.txt").touch()
    again = ["--data", str(source), "--out", str(out), "--overwrite"]
    assert command.main(again) == 0
    assert "test" not in json.loads((out / "metrics.json").read_text())
    assert not (out / "hub").exists()
    assert (out / "own.txt").exists()


def test_it_goes_on_from_a_model_of_the_hub(
    hub: HubStandIn, tmp_path: Path, splits: dict[str, Split], tiny: Recipe, monkeypatch: Any
) -> None:
    phase = dataclasses.replace(tiny.phases[0], epochs=1, learning_rate=1e-6)
    onward = dataclasses.replace(tiny, phases=(phase,), ema=0.0)
    monkeypatch.setitem(RECIPES, "onward", onward)
    network, path = build(tiny).eval(), tmp_path / "emotion.onnx"
    export(network, 16, splits["valid"].images, path, {"architecture": "cnn48"})
    hub.repositories["owner/faces"] = Repository(commits=[{"emotion.onnx": path.read_bytes()}])
    source, out = write_csv(tmp_path / "faces.csv", splits), tmp_path / "run"
    arguments = ["--data", str(source), "--weights", "owner/faces", "--out", str(out)]
    assert command.main(arguments) == 0
    after, recipe = restore(out / "best.pt")
    assert recipe.phases == onward.phases
    torch.testing.assert_close(after.head.weight, network.head.weight, rtol=1e-2, atol=1e-3)
    assert command.main([*arguments[:3], "owner/nothing", "--out", str(tmp_path / "other")]) == 1


@pytest.mark.slow
def test_teachers_are_trained_first_and_once(
    tmp_path: Path, splits: dict[str, Split], tiny: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = dataclasses.replace(tiny, teachers=("first",), weights="first", distillation=0.5)
    student = dataclasses.replace(second, teachers=("second",), weights="second")
    for name, recipe in {"lite0": student, "second": second, "first": tiny}.items():
        monkeypatch.setitem(RECIPES, name, recipe)
    assert teach.teachers_of(student) == ["first", "second"]
    trained = Mock(wraps=Trainer)
    monkeypatch.setattr(teach, "Trainer", trained)
    source, out = write_csv(tmp_path / "faces.csv", splits), tmp_path / "runs" / "student"
    assert command.main(["--data", str(source), "--out", str(out)]) == 0
    assert [call.args[0] for call in trained.call_args_list] == [tiny, second, student]
    assert [bool(call.kwargs["teachers"]) for call in trained.call_args_list] == [False, True, True]
    training = json.loads((out / "metrics.json").read_text())["training"]
    assert (training["teachers"], training["learned_before"]) == (["second"], "")
    again = ["--data", str(source), "--out", str(tmp_path / "runs" / "again"), "--seed", "1"]
    assert command.main(again) == 0
    assert [call.args[0] for call in trained.call_args_list[3:]] == [student]
    learned = dataclasses.replace(student, votes=False, fer2013=0.0)
    assert restore(tmp_path / "runs" / "again" / "best.pt")[1] == learned
    assert {path.parent.name for path in (tmp_path / "runs").glob("*/log")} == {
        *("first", "second", "student", "again")
    }


@pytest.mark.parametrize("option", ["--epochs", "--batch-size", "--lr"])
def test_numbers_are_above_zero(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(["--data", "x", option, "0"])
    assert f"argument {option}: 0 is not a number from" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--data", "nowhere.csv", "--resume"], "last.pt: no such checkpoint"),
        (["--data", "nowhere.csv", "--weights", "none.onnx"], "none.onnx"),
        (["--data", "x", "--recipe", "cnn48", "--weights", "imagenet"], "has no ImageNet weights"),
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


@pytest.mark.usefixtures("tiny_recipe")
def test_ctrl_c_in_a_teacher_says_how_to_go_on(
    tmp_path: Path,
    splits: dict[str, Split],
    tiny: Recipe,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(RECIPES, "first", tiny)
    student = dataclasses.replace(tiny, teachers=("first",), distillation=0.5)
    monkeypatch.setitem(RECIPES, "lite0", student)
    monkeypatch.setattr(teach, "Trainer", Mock(side_effect=KeyboardInterrupt))
    source, out = write_csv(tmp_path / "faces.csv", splits), tmp_path / "student"
    arguments = ["--data", str(source), "--out", str(out)]
    assert command.main(arguments) == 130
    assert "nothing to resume" in capsys.readouterr().err
    (tmp_path / "first").mkdir()
    torch.save({"recipe": "", "history": []}, tmp_path / "first" / LAST)
    assert command.main([*arguments, "--resume"]) == 130
    assert f"goes on from {tmp_path / 'first' / LAST}" in capsys.readouterr().err


def test_a_recipe_with_other_numbers() -> None:
    arguments = ["--data", "x", "--recipe", "lite0", "--weights", "none", "--lr", "1e-4"]
    recipe = command._recipe(command._parser().parse_args(arguments))
    assert (recipe.weights, recipe.batch_size) == (None, 128)
    rates = [phase.learning_rate for phase in recipe.phases]
    assert (max(rates), len(rates)) == (pytest.approx(1e-4), 3)
    shorter = [*arguments, "--epochs", "3", "--batch-size", "16"]
    recipe = command._recipe(command._parser().parse_args(shorter))
    assert (recipe.epochs, recipe.batch_size) == (3, 16)
    assert recipe.phases[-1].size == RECIPES["lite0"].phases[-1].size


@pytest.mark.parametrize(
    ("capability", "precision"),
    [(None, "no"), ((6, 1), "no"), ((7, 0), "fp16"), ((8, 0), "bf16")],
)
def test_precision_is_what_the_gpu_computes_itself(
    capability: tuple[int, int] | None, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: capability is not None)
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation: capability >= (8, 0)
    )
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    assert command._precision() == precision
