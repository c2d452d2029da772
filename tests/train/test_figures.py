"""metrics.json keeps to one model file."""

from pathlib import Path

import onnx
import pytest

from tests.conftest import build_tiny_model
from train import figures
from train.export import describe
from train.figures import FiguresError


def test_figures_are_added_to_those_that_are_there(tmp_path: Path, tiny_model: Path) -> None:
    figures.add(tmp_path, tiny_model, {"valid": 1, "photographs": {"a": 1}})
    figures.add(tmp_path, tiny_model, {"test": 2, "photographs": {"b": 2}, "model": {"size": 3}})
    found = figures.read(tmp_path / "metrics.json")
    assert (found["valid"], found["test"], found["photographs"]) == (1, 2, {"a": 1, "b": 2})
    assert found["model"] == {"size": 3, "fingerprint": figures.fingerprint(tiny_model)}
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]


def test_another_file_s_figures_are_kept_apart(tmp_path: Path, tiny_model: Path) -> None:
    other = build_tiny_model(tmp_path / "other.onnx", seed=1)
    figures.add(tmp_path, tiny_model, {"valid": 1, "test": 1})
    with pytest.raises(FiguresError, match="has the figures of another model"):
        figures.add(tmp_path, other, {"valid": 2})
    figures.add(tmp_path, other, {"valid": 2}, anew=True)
    found = figures.read(tmp_path / "metrics.json")
    assert found == {"valid": 2, "model": {"fingerprint": figures.fingerprint(other)}}


def test_a_file_stays_the_same_when_it_is_described(tmp_path: Path, tiny_model: Path) -> None:
    model = onnx.load(tiny_model)
    describe(model, {"metrics": "{}"})
    onnx.save(model, tmp_path / "described.onnx")
    assert figures.fingerprint(tmp_path / "described.onnx") == figures.fingerprint(tiny_model)
