import dataclasses
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from emotion import LABELS, EmotionClassifier
from train import export as exporting
from train.augment import to_pixels
from train.evaluate import fer2013
from train.export import LOG_PRIOR, Served, attention, export
from train.network import build
from train.recipes import Recipe

SIZE = 16


@pytest.fixture
def faces() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 48, 48)).astype(np.uint8)


def test_the_file_computes_what_the_network_does(
    tmp_path: Path, tiny: Recipe, faces: np.ndarray
) -> None:
    network, path = build(tiny).eval(), tmp_path / "new" / "emotion.onnx"
    export(network, SIZE, faces, path, {"version": "9"})
    classifier = EmotionClassifier(path)
    with torch.no_grad():
        served, labels = network(to_pixels(torch.from_numpy(faces), SIZE))
    expected = served.softmax(1).numpy()
    assert classifier.classify(faces) == pytest.approx(expected, abs=1e-3)
    assert classifier.classify(faces[:1]) == pytest.approx(expected[:1], abs=1e-3)
    assert fer2013(path, faces) == pytest.approx(labels.softmax(1).numpy(), abs=1e-3)
    assert classifier.metadata["version"] == "9"
    assert json.loads(classifier.metadata["labels"]) == list(LABELS)
    assert json.loads(classifier.metadata[LOG_PRIOR]) == network.log_prior.tolist()


def test_weights_are_stored_as_float16_where_they_survive_it(
    tmp_path: Path,
    tiny: Recipe,
    faces: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(exporting, "SMALL", 50)
    network = build(tiny).eval()
    path, half = tmp_path / "emotion.onnx", onnx.TensorProto.FLOAT16
    export(network, SIZE, faces, path, {})
    assert half in {tensor.data_type for tensor in onnx.load(path).graph.initializer}
    assert b".py" not in path.read_bytes(), "nothing of this machine is kept"
    network.head.weight.data *= 1e6  # more than float16 holds
    export(network, SIZE, faces, path, {})
    assert "they are stored as float32" in capsys.readouterr().out
    assert half not in {tensor.data_type for tensor in onnx.load(path).graph.initializer}
    with torch.no_grad():
        expected = network(to_pixels(torch.from_numpy(faces), SIZE))[0].argmax(1).numpy()
    assert (EmotionClassifier(path).classify(faces).argmax(1) == expected).all()


def test_attention_is_the_class_activation_map_of_the_top_label(
    tmp_path: Path, tiny: Recipe, faces: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = attention(torch.tensor([[[[1.0, 2.0]]]]), torch.tensor([[-1.0]]))
    assert nothing.tolist() == [[[0.0, 0.0]]]
    torch.manual_seed(1)
    # Its heads follow upon global average pooling, of 2x2 fields at 64 px.
    network = build(dataclasses.replace(tiny, architecture="tf_efficientnet_lite0", dense=()))
    nn.init.normal_(network.eval().head.weight, std=0.1)  # as a trained one, unsure of nothing
    path = tmp_path / "emotion.onnx"
    export(network, 64, faces, path, {})
    classifier = EmotionClassifier(path)
    probabilities, maps = classifier.explain(faces)
    np.testing.assert_array_equal(probabilities, classifier.classify(faces))
    assert maps.shape == (len(faces), 2, 2)
    with torch.no_grad():
        pixels = to_pixels(torch.from_numpy(faces), 64)
        logits, _, features = network.with_map(pixels)
        assert torch.allclose(logits, network(pixels)[0], atol=1e-5)
        for row, found in enumerate(maps):
            top = int(logits[row].argmax())
            evidence = torch.einsum("chw,c->hw", features[row], network.head.weight[top])
            # The map's mean and the label's bias make the logit: what it shows is what counted.
            logit = evidence.mean() + network.head.bias[top]
            assert logit == pytest.approx(float(logits[row, top]), abs=1e-4)
            wanted = (evidence.relu() / evidence.max()).numpy()
            assert found == pytest.approx(wanted, abs=1e-2)
    served, model = Served(network, 64).eval(), onnx.load(path)
    assert exporting._worst(served, model, faces) == ""
    monkeypatch.setattr(exporting, "attention", lambda *parts: attention(*parts).flip(2))
    assert exporting._worst(served, model, faces).startswith("attention differs by")
