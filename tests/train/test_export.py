import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from emotion import LABELS, EmotionClassifier
from train import export as exporting
from train.export import ExportError, Served, export, fit_temperature
from train.network import ExpressionNet, build

SIZE = 16


@pytest.fixture(scope="module")
def network() -> ExpressionNet:
    from tests.train.conftest import TINY

    torch.manual_seed(0)
    return build(TINY).eval()


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 48, 48)).astype(np.uint8)


def test_the_file_computes_what_the_network_does(
    tmp_path: Path, network: ExpressionNet, faces: np.ndarray
) -> None:
    path = tmp_path / "new" / "emotion.onnx"
    export(network, SIZE, faces, path, temperature=1.7, metadata={"version": "9"})
    classifier = EmotionClassifier(path)
    with torch.no_grad():
        expected = Served(network, SIZE, 1.7)(torch.from_numpy(faces)).numpy()
    assert classifier.classify(faces) == pytest.approx(expected, abs=1e-3)
    assert classifier.classify(faces[:1]) == pytest.approx(expected[:1], abs=1e-3)
    assert classifier.metadata["version"] == "9"
    assert json.loads(classifier.metadata["labels"]) == list(LABELS)


def test_large_weights_are_stored_as_half_and_nothing_of_this_machine_is_kept(
    tmp_path: Path, network: ExpressionNet, faces: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "SMALL", 1000)
    path = tmp_path / "emotion.onnx"
    export(network, SIZE, faces, path, temperature=1, metadata={})
    kinds = {tensor.data_type for tensor in onnx.load(path).graph.initializer}
    assert onnx.TensorProto.FLOAT16 in kinds
    assert b".py" not in path.read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["emotion.onnx"]


def test_a_file_that_differs_is_not_written(
    tmp_path: Path, network: ExpressionNet, faces: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(served: Served) -> onnx.ModelProto:
        return undamaged(Served(served.network, SIZE, 0.2).eval())

    undamaged = exporting._to_onnx
    monkeypatch.setattr(exporting, "_to_onnx", damaged)
    with pytest.raises(ExportError, match="differs from the network by"):
        export(network, SIZE, faces, tmp_path / "emotion.onnx", temperature=1, metadata={})
    assert list(tmp_path.iterdir()) == []


class Loud(nn.Module):
    """Gives the same logits whatever the images, `loudness` times as large as they should be."""

    def __init__(self, logits: torch.Tensor, loudness: float) -> None:
        super().__init__()
        self.logits = logits * loudness

    def forward(self, _: torch.Tensor) -> tuple[torch.Tensor, None]:
        return self.logits, None


@pytest.mark.parametrize("loudness", [0.5, 1.0, 3.0])
def test_temperature_undoes_logits_that_are_too_loud(loudness: float) -> None:
    torch.manual_seed(0)
    logits = 2 * torch.randn(250, len(LABELS))
    truth = logits.softmax(1).multinomial(1)[:, 0]  # so these logits are right as they are
    images = torch.zeros(250, 48, 48, dtype=torch.uint8)
    found = fit_temperature(Loud(logits, loudness), SIZE, images, truth)
    assert found == pytest.approx(loudness, rel=0.15)
