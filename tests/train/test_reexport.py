"""A finished run exported anew: what is kept, and that another network is refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from emotion import EmotionClassifier
from tests.conftest import build_tiny_model
from tests.train.finished import finished
from train import checkpoint, reexport
from train.calibrate import Calibration
from train.export import ExportError, describe, save
from train.network import build
from train.recipes import Recipe, to_json


@pytest.fixture
def out(tmp_path: Path, tiny_model: Path, tiny: Recipe) -> Path:
    folder = finished(tmp_path / "run", tiny_model)
    state = {"network": build(tiny).state_dict(), "recipe": to_json(tiny)}
    checkpoint.save(state, folder / "best.pt")
    return folder


@pytest.fixture
def faces() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 48, 48), np.uint8)


def exports(monkeypatch: pytest.MonkeyPatch, model: Path) -> list[dict[str, Any]]:
    """Lets every export write this file, under the metadata that it is given; the options asked."""
    asked: list[dict[str, Any]] = []

    def export(_: Any, size: int, faces: np.ndarray, path: Path, **options: Any) -> None:
        asked.append({"size": size} | options)
        written = onnx.load(model)
        describe(written, options["metadata"])
        save(written, path)

    monkeypatch.setattr(reexport, "export", export)
    return asked


def test_all_but_the_graph_is_kept(
    out: Path, explaining_model: Path, faces: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = json.loads((out / "metrics.json").read_text())
    metadata = EmotionClassifier(out / "emotion.onnx").metadata
    asked = exports(monkeypatch, explaining_model)
    reexport.reexport(out, faces)
    calibration = Calibration(1.234, tuple(before["model"]["bias"]), (0.2, -0.1, 0.3))
    assert asked == [{"size": 16, "calibration": calibration, "metadata": metadata}]
    classifier = EmotionClassifier(out / "emotion.onnx")
    assert classifier.has_attention
    assert classifier.metadata == metadata
    after = json.loads((out / "metrics.json").read_text())
    assert after["model"].pop("bytes") == (out / "emotion.onnx").stat().st_size
    assert after == before | {"model": {k: v for k, v in before["model"].items() if k != "bytes"}}


def test_another_network_is_refused(
    out: Path, tmp_path: Path, faces: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {path: path.read_bytes() for path in out.iterdir()}
    exports(monkeypatch, build_tiny_model(tmp_path / "other.onnx", seed=1))
    with pytest.raises(ExportError, match="it is not the network of that file"):
        reexport.reexport(out, faces)
    assert {path: path.read_bytes() for path in out.iterdir()} == files


def test_errors_are_one_sentence(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(out)
    assert reexport.main(["--data", str(tmp_path), "--out", str(out)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
