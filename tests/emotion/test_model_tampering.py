"""A model file is data, whoever wrote it: it is used, or refused with one sentence."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, numpy_helper
from onnx.parser import parse_node

from emotion import EmotionClassifier, ModelError
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


def not_a_number(model: ModelProto) -> None:
    tensor = weight(model)
    values = np.full(tuple(tensor.dims), np.nan, np.float32)
    tensor.CopyFrom(numpy_helper.from_array(values, "weight"))


def running_python(model: ModelProto) -> None:
    model.graph.node[0].op_type, model.graph.node[0].domain = "PyOp", "com.microsoft"
    model.opset_import.add(domain="com.microsoft", version=1)


def broken_text(model: ModelProto) -> None:
    model.metadata_props.add(key="author", value=TEXT.decode())


def a_huge_sum(model: ModelProto) -> None:
    """40 GB of one pixel are added up: nothing is known before it runs."""
    nodes = (
        "one = ReduceMin<keepdims = 0>(grey)",
        "size = Constant<value_ints = [10737418240]>()",
        "many = Expand(one, size)",
        "sum = ReduceSum<keepdims = 0>(many)",
        "more = Add(grey, sum)",
    )
    model.graph.node[1].input[0] = "more"
    for node in reversed(nodes):
        model.graph.node.insert(1, parse_node(node))


CANT_BE_LOADED = "is not an ONNX file that can be loaded"
CHANGES: dict[str, tuple[Change, str]] = {
    "weights in the folder above": (outside("../secret.bin"), CANT_BE_LOADED),
    "weights in memory": (outside("*/_ORT_MEM_ADDR_/*", offset=4096, length=64512), CANT_BE_LOADED),
    "weights that are no numbers": (not_a_number, "gives other numbers"),
    "an operator that runs Python": (running_python, CANT_BE_LOADED),
    "40 GB of one pixel": (a_huge_sum, "can't be run"),
    "metadata that are not text": (broken_text, "has names that are not text"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model's folder, with a file beside it that is none of the model's business."""
    (tmp_path / "secret.bin").write_bytes(bytes(48 * 48 * 7 * 4))
    (tmp_path / "model").mkdir()
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
