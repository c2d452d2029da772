"""Crops to probabilities, by an ONNX file that describes itself."""

import json
import os
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from emotion.hub import find_model
from emotion.session import Network
from emotion.types import CROP_SIZE, LABELS, ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, NodeArg

# The graph's one input and its first output: name, type, shape. N is the number of faces.
INPUT = ("faces", "tensor(uint8)", ("N", CROP_SIZE, CROP_SIZE))
OUTPUT = ("probabilities", "tensor(float)", ("N", len(LABELS)))
# The second output, which a model may lack: the class activation map (Zhou et al. 2016) of the most
# probable expression. Each of the h x w fields that the network's last features divide the crop
# into, times that label's weights; what speaks against it is cut off at 0, and the rest divided by
# the face's largest, so that a map compares the parts of one face and not two faces. All 0 where
# no field speaks for the label.
ATTENTION = ("attention", "tensor(float)", ("N", "h", "w"))
# The last output, which a model may lack: the head that FER-2013's own labels taught. It is there
# for the benchmark; nothing here reads it.
FER2013 = ("fer2013", "tensor(float)", ("N", len(LABELS)))

Floats = npt.NDArray[np.float32]
Signature = tuple[str, str, tuple[object, ...]]

# Faces in one run: bounds the memory, and more at once is no faster on a CPU.
CHUNK = 64


class EmotionClassifier:
    """Expressions of faces that are cropped already.

    model is None (the bundled one), a path, or OWNER/NAME[@REVISION] on the Hub. threads are
    the CPU threads of one run. Raises ModelError where the model can't be had, or is not one
    with the input, output and labels expected here.
    """

    metadata: dict[str, str]

    def __init__(self, model: str | os.PathLike[str] | None = None, *, threads: int = 1) -> None:
        path = find_model(model)
        self._name = path.name
        self._network = Network(path, path.name, threads)
        session = self._network.session
        try:
            self.metadata = dict(session.get_modelmeta().custom_metadata_map)
            self._grid = _check_graph(session, path.name)
        except UnicodeDecodeError as error:
            raise ModelError(f"the model {path.name} has names that are not text") from error
        _check_labels(self.metadata, path.name)
        # What goes wrong only when the model runs is said now, and not to the first visitor.
        self.classify(np.full((1, CROP_SIZE, CROP_SIZE), 127, np.uint8))

    def classify(self, crops: npt.NDArray[np.uint8]) -> Floats:
        """Grey uint8 (N, 48, 48) to float32 (N, 7), in the order of LABELS; rows sum to 1.

        Raises ValueError for crops of another shape or type, and ModelError for answers that do not
        fit.
        """
        return self.explain(crops)[0]

    def explain(self, crops: npt.NDArray[np.uint8]) -> tuple[Floats, Floats | None]:
        """What `classify` returns, and how much each field of a crop spoke for its top expression.

        The latter is float32 (N, h, w), 0 to 1, or None if the model does not say. It costs a
        hundredth of the time.
        """
        if crops.dtype != np.uint8 or crops.shape[1:] != (CROP_SIZE, CROP_SIZE):
            expected = f"uint8 with shape (N, {CROP_SIZE}, {CROP_SIZE})"
            raise ValueError(f"crops must be {expected}, but are {crops.dtype} with {crops.shape}")
        outputs = {OUTPUT[0]: np.empty((len(crops), len(LABELS)), np.float32)}
        if self._grid is not None:
            outputs[ATTENTION[0]] = np.empty((len(crops), *self._grid), np.float32)
        for start in range(0, len(crops), CHUNK):
            chunk = slice(start, start + CHUNK)
            faces = np.ascontiguousarray(crops[chunk])
            answers = self._network.run(list(outputs), {INPUT[0]: faces})
            for filled, answer in zip(outputs.values(), answers, strict=True):
                if answer.shape != filled[chunk].shape or not np.isfinite(answer).all():
                    raise ModelError(f"the model {self._name} gives other numbers than it declares")
                filled[chunk] = answer
            # 1e-3: float32 loses far less in a softmax over seven classes.
            if not np.allclose(answers[0].sum(axis=1), 1, atol=1e-3):
                raise ModelError(f"the model {self._name} gives probabilities that do not sum to 1")
        return outputs[OUTPUT[0]], outputs.get(ATTENTION[0])


def _check_graph(session: "InferenceSession", name: str) -> tuple[int, int] | None:
    """(h, w) of the attention maps, None where there are none; ModelError for another graph."""
    inputs = [_signature(node) for node in session.get_inputs()]
    outputs = [_signature(node) for node in session.get_outputs()]
    grid, rest = None, outputs[1:]
    match rest:
        case [("attention", "tensor(float)", ("N", int(height), int(width))), *rest]:
            grid = height, width
    if inputs != [INPUT] or outputs[:1] != [OUTPUT] or rest not in ([], [FER2013]):
        expected = f"{_described([INPUT])} to {_described([OUTPUT])}"
        optional = f", and perhaps {_described([ATTENTION])} and {_described([FER2013])}"
        found = f"{_described(inputs)} to {_described(outputs)}"
        raise ModelError(f"the model {name} goes from {found}; expected is {expected}{optional}")
    return grid


def _signature(node: "NodeArg") -> Signature:
    """Name, type and shape; a free number of faces is called N, whatever the file calls it."""
    first, *rest = node.shape or [None]
    return node.name, node.type, (first if isinstance(first, int) else "N", *rest)


def _described(signatures: list[Signature]) -> str:
    return ", ".join(
        f"{name} {kind} ({', '.join(map(str, shape))})" for name, kind, shape in signatures
    )


def _check_labels(metadata: dict[str, str], name: str) -> None:
    try:
        labels = json.loads(metadata.get("labels", "null"))
    except json.JSONDecodeError as error:
        raise ModelError(f"the model {name} has labels that are not JSON") from error
    if labels != list(LABELS):
        raise ModelError(f"the model {name} has the labels {labels}, expected {list(LABELS)}")
