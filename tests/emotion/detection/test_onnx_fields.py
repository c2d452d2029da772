"""ONNX files taken apart and put together again, against the package onnx."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from emotion import ModelError
from emotion.detection.onnx_fields import (
    edit_graph,
    float_initializer,
    float_input,
    float_output,
    node,
    read_fields,
    write_fields,
)


def test_nothing() -> None:
    assert list(read_fields(b"")) == []
    assert write_fields([]) == b""


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**32, 2**63, b"", b"a", b"x" * 1000])
def test_there_and_back(value: int | bytes) -> None:
    fields = [(7, value), (300, value)]
    assert list(read_fields(write_fields(fields))) == fields


def test_a_model_that_is_not_changed(tiny_model: Path) -> None:
    model = tiny_model.read_bytes()
    assert edit_graph(model, list) == model


@pytest.mark.parametrize("model", [b"\x3a", b"\x3a\x05abc", b"\xff" * 20, b"no model", b"\x0d1234"])
def test_damage(model: bytes) -> None:
    with pytest.raises(ModelError, match=r"^the model is damaged at byte \d+$"):
        edit_graph(model, list)


def test_a_graph_of_one_node() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3, 1, 1)
    graph = [
        node(b"Conv", [b"x", b"w"], b"y", group=2),
        float_initializer(b"w", values),
        float_input(b"x", (1, b"C", 4)),
        float_output(b"y"),
    ]
    (found,) = onnx.load_from_string(write_fields([(7, write_fields(graph))])).graph.node
    assert found == helper.make_node("Conv", ["x", "w"], ["y"], group=2)
    rebuilt = onnx.load_from_string(write_fields([(7, write_fields(graph))])).graph
    np.testing.assert_array_equal(numpy_helper.to_array(rebuilt.initializer[0]), values)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, "C", 4])
    assert list(rebuilt.input) == [x]
    assert rebuilt.output[0].name == "y"
    assert rebuilt.output[0].type.tensor_type.elem_type == TensorProto.FLOAT
