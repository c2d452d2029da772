"""ONNX files changed without the package onnx, which is larger than all that serving needs.

A message of Protocol Buffers is a row of fields, each a number and a value: an integer, or bytes
that may be a message again (protobuf.dev/programming-guides/encoding). What the numbers mean
stands in onnx.proto.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt

from emotion.types import ModelError

MODEL_GRAPH = 7
GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_INPUT, GRAPH_OUTPUT = 1, 5, 11, 12
NODE_INPUT, NODE_OUTPUT, NODE_OP_TYPE, NODE_ATTRIBUTE = 1, 2, 4, 5
ATTRIBUTE_NAME, ATTRIBUTE_INTEGER, ATTRIBUTE_TYPE = 1, 3, 20
TENSOR_DIMS, TENSOR_TYPE, TENSOR_FLOATS, TENSOR_NAME, TENSOR_RAW = 1, 2, 4, 8, 9
# An attribute's type INT, a tensor's type FLOAT.
TYPE_INTEGER, TYPE_FLOAT = 2, 1

# How a value is stored: the lowest three bits of what stands before it.
INTEGER, BYTES = 0, 2

Value = int | bytes
Field = tuple[int, Value]


def read_fields(message: bytes) -> Iterator[Field]:
    """Number and value of each field. Raises ModelError for bytes that are no such message."""
    position = 0
    while position < len(message):
        key, position = _read_integer(message, position)
        value, position = _read_integer(message, position)
        if key & 7 == INTEGER:
            yield key >> 3, value
            continue
        if key & 7 != BYTES or position + value > len(message):
            raise ModelError(f"the model is damaged at byte {position}")
        yield key >> 3, message[position : position + value]
        position += value


def write_fields(fields: Iterable[Field]) -> bytes:
    """The message that has these fields."""
    return b"".join(_field(number, value) for number, value in fields)


def edit_graph(model: bytes, edit: Callable[[list[Field]], Iterable[Field]]) -> bytes:
    """An ONNX model with its graph's fields as `edit` returns them. Raises ModelError."""
    return write_fields(
        (number, write_fields(edit(list(read_fields(value)))))
        if number == MODEL_GRAPH and isinstance(value, bytes)
        else (number, value)
        for number, value in read_fields(model)
    )


def float_input(name: bytes, shape: Iterable[int | bytes]) -> Field:
    """A graph's input of float32; a size that is free is a name."""
    sizes = [write_fields([(1 if isinstance(size, int) else 2, size)]) for size in shape]
    return GRAPH_INPUT, _float_info(name, [(2, write_fields((1, size) for size in sizes))])


def float_output(name: bytes) -> Field:
    """A graph's output of float32 with a shape that is left open."""
    return GRAPH_OUTPUT, _float_info(name, [])


def float_initializer(name: bytes, values: npt.NDArray[np.float32]) -> Field:
    """A graph's constant."""
    dims: list[Field] = [(TENSOR_DIMS, size) for size in values.shape]
    raw = np.ascontiguousarray(values, "<f4").tobytes()
    fields = [*dims, (TENSOR_TYPE, TYPE_FLOAT), (TENSOR_NAME, name), (TENSOR_RAW, raw)]
    return GRAPH_INITIALIZER, write_fields(fields)


def node(op_type: bytes, inputs: Iterable[bytes], output: bytes, **attributes: int) -> Field:
    """A graph's node with one output."""
    fields: list[Field] = [(NODE_INPUT, name) for name in inputs]
    fields += [(NODE_OUTPUT, output), (NODE_OP_TYPE, op_type)]
    fields += [(NODE_ATTRIBUTE, _attribute(*pair)) for pair in attributes.items()]
    return GRAPH_NODE, write_fields(fields)


def _attribute(name: str, value: int) -> bytes:
    kind = (ATTRIBUTE_TYPE, TYPE_INTEGER)
    return write_fields([(ATTRIBUTE_NAME, name.encode()), (ATTRIBUTE_INTEGER, value), kind])


def _float_info(name: bytes, shape: list[Field]) -> bytes:
    tensor = write_fields([(1, TYPE_FLOAT), *shape])
    return write_fields([(1, name), (2, write_fields([(1, tensor)]))])


def _field(number: int, value: Value) -> bytes:
    if isinstance(value, int):
        return _integer(number << 3 | INTEGER) + _integer(value)
    return _integer(number << 3 | BYTES) + _integer(len(value)) + value


def _integer(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _read_integer(message: bytes, position: int) -> tuple[int, int]:
    """The integer that begins there, and where it ends."""
    value = shift = 0
    while position < len(message) and shift < 64:
        byte = message[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte <= 0x7F:
            return value, position
    raise ModelError(f"the model is damaged at byte {position}")
