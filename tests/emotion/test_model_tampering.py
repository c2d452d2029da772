"""A model file is data, whoever wrote it: it is used, or refused with one sentence."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from emotion import EmotionClassifier, ModelError
from emotion.hub import BUNDLED_MODEL
from tests.conftest import ROOT

TEXT = b"to be replaced by what is no text"

Change = Callable[[ModelProto], None]


def weight(model: ModelProto) -> TensorProto:
    (found,) = [tensor for tensor in model.graph.initializer if tensor.name == "weight"]
    return found


def outside(location: str, **where: int) -> Change:
    """Weights that are to be read from another file."""

    def change(model: ModelProto) -> None:
        tensor = weight(model)
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in {"location": location, **where}.items():
            entry = tensor.external_data.add()
            entry.key, entry.value = key, str(value)

    return change


def weights(*shape: int, like: float | None = None) -> Change:
    """Weights that claim another shape, or have other values."""

    def change(model: ModelProto) -> None:
        tensor = weight(model)
        if like is not None:
            tensor.CopyFrom(numpy_helper.from_array(np.full(shape, like, np.float32), "weight"))
        del tensor.dims[:]
        tensor.dims.extend(shape)

    return change


def versions(opset: int = 17, ir: int = 8) -> Change:
    def change(model: ModelProto) -> None:
        model.opset_import[0].version, model.ir_version = opset, ir

    return change


def operator(op_type: str, domain: str) -> Change:
    """An operator that ONNX does not have."""

    def change(model: ModelProto) -> None:
        model.graph.node[0].op_type, model.graph.node[0].domain = op_type, domain
        model.opset_import.add(domain=domain, version=1)

    return change


def inserted(node: onnx.NodeProto, constant: np.ndarray, before: int) -> Change:
    """One more step, between `grey` and what reads it."""

    def change(model: ModelProto) -> None:
        model.graph.initializer.append(numpy_helper.from_array(constant, "constant"))
        model.graph.node[before].input[0] = node.output[0]
        model.graph.node.insert(before, node)

    return change


def without_softmax(model: ModelProto) -> None:
    del model.graph.node[-1]
    model.graph.node[-1].output[0] = "probabilities"


def another_type(model: ModelProto) -> None:
    model.graph.node[-1].output[0] = "wide"
    model.graph.node.append(
        helper.make_node("Cast", ["wide"], ["probabilities"], to=TensorProto.DOUBLE)
    )
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.DOUBLE


def declared(*shape: int) -> Change:
    """Another shape of the input."""

    def change(model: ModelProto) -> None:
        for size, value in zip(model.graph.input[0].type.tensor_type.shape.dim, shape, strict=True):
            size.dim_value = value

    return change


def broken_text(model: ModelProto) -> None:
    model.metadata_props.add(key="author", value=TEXT.decode())


OUT_OF_RANGE = helper.make_node("Gather", ["grey", "constant"], ["gathered"], axis=1)
HUGE = helper.make_node("Expand", ["grey", "constant"], ["expanded"])

CANT_BE_LOADED = "is not an ONNX file that can be loaded"
CHANGES: dict[str, tuple[Change, str]] = {
    "weights at an absolute path": (outside("{above}/secret.bin"), CANT_BE_LOADED),
    "weights in the folder above": (outside("../secret.bin"), CANT_BE_LOADED),
    "weights behind a link": (outside("link.bin"), CANT_BE_LOADED),
    "weights of this process": (outside("../../../../proc/self/environ"), CANT_BE_LOADED),
    "weights of a device": (outside("/dev/zero"), CANT_BE_LOADED),
    "weights that are not there": (outside("none.bin"), CANT_BE_LOADED),
    "weights past the end": (outside("near.bin", offset=10**15), CANT_BE_LOADED),
    "weights before the start": (outside("near.bin", offset=-8), CANT_BE_LOADED),
    "weights in memory": (outside("*/_ORT_MEM_ADDR_/*", offset=4096, length=64512), CANT_BE_LOADED),
    "weights of a huge shape": (weights(2**40, 2**20), CANT_BE_LOADED),
    "weights of a negative shape": (weights(-1, 7), CANT_BE_LOADED),
    "weights of fewer classes": (weights(2304, 6, like=0), "has the output probabilities"),
    "weights that are no numbers": (weights(2304, 7, like=np.nan), "gives other numbers"),
    "an opset of the future": (versions(opset=99), CANT_BE_LOADED),
    "no opset": (versions(opset=0), CANT_BE_LOADED),
    "a format of the future": (versions(ir=99), CANT_BE_LOADED),
    "an operator of somebody's": (operator("Cast", "some.body"), CANT_BE_LOADED),
    "an operator that runs Python": (operator("PyOp", "com.microsoft"), CANT_BE_LOADED),
    "an index out of range": (inserted(OUT_OF_RANGE, np.array([99]), 1), "can't be run"),
    "more memory than there is": (inserted(HUGE, np.array([2**45, 1, 1]), 1), "has the output"),
    "no softmax": (without_softmax, "do not sum to 1"),
    "an output of another type": (another_type, "has the output probabilities tensor(double)"),
    "an input of a huge shape": (declared(1, 2**40, 48), CANT_BE_LOADED),
    "an input of another shape": (declared(2, 48, 48), "has the input faces tensor(uint8) (2, "),
    "metadata that are not text": (broken_text, "has names that are not text"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model's folder, with a file beside it that is none of the model's business."""
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(48 * 48 * 7 * 4))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "near.bin").write_bytes(secret.read_bytes())
    (tmp_path / "model" / "link.bin").symlink_to(secret)
    return tmp_path / "model"


@pytest.mark.parametrize(("change", "sentence"), CHANGES.values(), ids=CHANGES)
def test_a_changed_model_is_refused_in_one_sentence(
    tiny_model: Path,
    folder: Path,
    change: Change,
    sentence: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    model = onnx.load(tiny_model)
    change(model)
    for entry in weight(model).external_data:
        entry.value = entry.value.replace("{above}", str(folder.parent))
    path = folder / "changed.onnx"
    path.write_bytes(model.SerializeToString().replace(TEXT, b"\xff" * len(TEXT)))
    with pytest.raises(ModelError) as caught:
        EmotionClassifier(path)
    said = str(caught.value)
    assert said.startswith("the model changed.onnx ")
    assert sentence in said
    assert "\n" not in said
    assert str(folder) not in said
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("tenth", range(10))
def test_a_model_that_ends_too_early_is_refused(tmp_path: Path, tenth: int) -> None:
    content = BUNDLED_MODEL.read_bytes()
    path = tmp_path / "cut.onnx"
    path.write_bytes(content[: len(content) * tenth // 10])
    with pytest.raises(ModelError, match=r"^the model cut\.onnx "):
        EmotionClassifier(path)


def test_a_flipped_bit_is_survived_wherever_it_is(tiny_model: Path, tmp_path: Path) -> None:
    """The model is used with numbers that are probabilities, or refused; nothing else happens."""
    content = tiny_model.read_bytes()
    # All of what is not weights, and some of those.
    places = [*range(0, 300, 2), *range(300, len(content) - 400, 9973)]
    places += range(len(content) - 400, len(content), 2)
    path, refused, used = tmp_path / "flipped.onnx", 0, 0
    for place in places:
        changed = bytearray(content)
        changed[place] ^= 0x80 if place % 4 else 0x01
        path.write_bytes(changed)
        try:
            classifier = EmotionClassifier(path)
        except ModelError:
            refused += 1
        else:
            used += 1
            probabilities = classifier.classify(np.zeros((2, 48, 48), np.uint8))
            np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-3)
    assert refused > 50
    assert used > 50


def test_serving_unpickles_nothing() -> None:
    """Libraries import pickle; that nothing is read by it is shown by breaking it."""
    code = """
import json, pickle, sys

def refuse(*_, **__):
    raise AssertionError("something was unpickled")

import _pickle
for module in (pickle, _pickle):
    module.load = module.loads = module.Unpickler = refuse

import app
from emotion import EmotionRecognizer
faces = EmotionRecognizer(detector="mtcnn").recognize("examples/astronaut.jpg")
print(json.dumps([len(faces), "ui.page" in sys.modules]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [1, True]


def test_no_code_that_serves_speaks_of_pickle() -> None:
    sources = [ROOT / "app.py", *(ROOT / "emotion").rglob("*.py"), *(ROOT / "ui").rglob("*.py")]
    assert len(sources) > 20
    forbidden = ("pickle", "joblib", "allow_pickle=True", "torch.load", "yaml.load(", "marshal")
    found = [
        (path.name, word) for path in sources for word in forbidden if word in path.read_text()
    ]
    assert found == []
