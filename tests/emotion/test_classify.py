"""Crops to probabilities, and models that don't fit."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from emotion import LABELS, EmotionClassifier, ModelError
from emotion.classify import CHUNK
from emotion.hub import BUNDLED_MODEL

FLOAT = TensorProto.FLOAT


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 48, 48), np.uint8)


@pytest.fixture(scope="module")
def classifier(tiny_model: Path) -> EmotionClassifier:
    return EmotionClassifier(tiny_model)


@pytest.mark.parametrize("count", [0, 1, CHUNK + 1])
def test_probabilities_and_attention(
    explaining_model: Path, classifier: EmotionClassifier, count: int
) -> None:
    crops = noise(count)
    probabilities, attention = EmotionClassifier(explaining_model).explain(crops)
    assert (probabilities.shape, probabilities.dtype) == ((count, len(LABELS)), np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert attention.dtype == np.float32
    fields = crops.reshape(count, 3, 16, 3, 16).mean(axis=(2, 4))
    expected = fields / fields.max(axis=(1, 2), keepdims=True) if count else fields
    np.testing.assert_allclose(attention, expected, rtol=1e-5)
    plain, nothing = classifier.explain(crops)
    np.testing.assert_array_equal(plain, probabilities)
    assert nothing is None


def test_a_crop_alone_or_in_a_batch() -> None:
    bundled, crops = EmotionClassifier(), noise(CHUNK + 1)
    alone = np.concatenate([bundled.classify(crop[np.newaxis]) for crop in crops])
    # The same to the last bit on one machine; other processors may add up in another order.
    np.testing.assert_allclose(bundled.classify(crops), alone, rtol=0, atol=5e-6)


def test_the_benchmarks_output_is_accepted_and_not_served(
    tiny_model: Path, tmp_path: Path, classifier: EmotionClassifier
) -> None:
    model = onnx.load(tiny_model)
    model.graph.node.append(helper.make_node("Neg", ["probabilities"], ["fer2013"]))
    model.graph.output.append(helper.make_tensor_value_info("fer2013", FLOAT, ["N", 7]))
    onnx.save(model, tmp_path / "benchmark.onnx")
    served = EmotionClassifier(tmp_path / "benchmark.onnx").classify(noise(3))
    np.testing.assert_array_equal(served, classifier.classify(noise(3)))


@pytest.mark.parametrize(
    ("crops", "got"),
    [
        (np.zeros((1, 48, 48, 3), np.uint8), "uint8 with (1, 48, 48, 3)"),
        (np.zeros((1, 48, 48), np.float32), "float32 with (1, 48, 48)"),
    ],
)
def test_other_crops_are_refused(
    classifier: EmotionClassifier, crops: np.ndarray, got: str
) -> None:
    with pytest.raises(ValueError, match="must be uint8") as caught:
        classifier.classify(crops)
    assert str(caught.value).endswith(f"but are {got}")


def test_threads_must_be_positive(tiny_model: Path) -> None:
    with pytest.raises(ValueError, match="threads must be 1 or more, but is 0"):
        EmotionClassifier(tiny_model, threads=0)


def changed(source: Path, target: Path, **changes: object) -> Path:
    """A copy of the tiny model with other labels, input or batch."""
    model = onnx.load(source)
    if "labels" in changes:
        helper.set_model_props(model, changes["labels"])
    if "input" in changes:
        model.graph.input[0].name = model.graph.node[0].input[0] = changes["input"]
    if "batch" in changes:
        for value in [*model.graph.input, *model.graph.output]:
            value.type.tensor_type.shape.dim[0].dim_value = changes["batch"]
    onnx.save(model, target)
    return target


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"labels": {"labels": "angry,sad"}}, "has labels that are not JSON"),
        ({"labels": {"labels": json.dumps(LABELS[::-1])}}, "has the labels ['neutral', "),
        (
            {"input": "input"},
            "goes from input tensor(uint8) (N, 48, 48) to probabilities tensor(float) (N, 7); "
            "expected is faces tensor(uint8) (N, 48, 48) to probabilities tensor(float) (N, 7), "
            "and perhaps attention tensor(float) (N, h, w) and fer2013 tensor(float) (N, 7)",
        ),
        ({"batch": 1}, "goes from faces tensor(uint8) (1, 48, 48) to prob"),
    ],
)
def test_models_that_do_not_fit(
    tiny_model: Path, tmp_path: Path, changes: dict[str, object], sentence: str
) -> None:
    path = changed(tiny_model, tmp_path / "other.onnx", **changes)
    with pytest.raises(ModelError) as caught:
        EmotionClassifier(path)
    assert str(caught.value).startswith(f"the model other.onnx {sentence}")


@pytest.mark.parametrize("content", [b"", BUNDLED_MODEL.read_bytes()[:-500]])
def test_files_that_are_no_model(
    tmp_path: Path, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "text.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"^the model text\.onnx "):
        EmotionClassifier(path)
    assert capfd.readouterr() == ("", "")
