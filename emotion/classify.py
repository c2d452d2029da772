"""Crops to probabilities, by an ONNX file that describes itself."""

import json
import os
from functools import partial
from threading import Timer
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
import numpy.typing as npt

from emotion.hub import find_model
from emotion.session import open_session, runtime, session_errors
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

# For one face, which takes a hundredth of a second: a model may hold a loop without an end.
TRIAL_SECONDS = 30.0

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
        if not path.is_file():
            raise ModelError(f"the model {path.name or path} is not a file")
        self._path, self._threads = path, threads
        self._session = open_session(path, path.name, threads)
        self._name = path.name
        try:
            self.metadata = dict(self._session.get_modelmeta().custom_metadata_map)
            self._grid = _check_graph(self._session, path.name)
        except UnicodeDecodeError as error:
            raise ModelError(f"the model {path.name} has names that are not text") from error
        _check_labels(self.metadata, path.name)
        self._try_out()

    def _try_out(self) -> None:
        """What goes wrong only when the model runs is said now, and not to the first visitor."""
        options = runtime().RunOptions()
        timer = Timer(TRIAL_SECONDS, setattr, (options, "terminate", True))
        timer.start()
        try:
            nothing = np.zeros((1, CROP_SIZE, CROP_SIZE), np.uint8)
            self._run(nothing, {OUTPUT[0]: np.empty((1, len(LABELS)), np.float32)}, options)
        finally:
            timer.cancel()

    def __reduce__(self) -> tuple[object, ...]:
        """For other processes: the same file is opened there."""
        return partial(EmotionClassifier, self._path, threads=self._threads), ()

    @property
    def has_attention(self) -> bool:
        """Whether the model can say which parts of a crop it went by."""
        return self._grid is not None

    @overload
    def classify(
        self, crops: npt.NDArray[np.uint8], *, attention: Literal[False] = False
    ) -> npt.NDArray[np.float32]: ...

    @overload
    def classify(
        self, crops: npt.NDArray[np.uint8], *, attention: Literal[True]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]: ...

    def classify(
        self, crops: npt.NDArray[np.uint8], *, attention: bool = False
    ) -> npt.NDArray[np.float32] | tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Grey uint8 (N, 48, 48) to float32 (N, 7), in the order of LABELS; rows sum to 1.

        With attention also float32 (N, h, w), 0 to 1: how much each field of the crop spoke for
        the most probable expression. Raises ValueError for crops of another shape or type, and
        ModelError for attention of a model that has none, and for answers that do not fit.
        """
        if crops.dtype != np.uint8 or crops.shape[1:] != (CROP_SIZE, CROP_SIZE):
            expected = f"uint8 with shape (N, {CROP_SIZE}, {CROP_SIZE})"
            raise ValueError(f"crops must be {expected}, but are {crops.dtype} with {crops.shape}")
        probabilities = np.empty((len(crops), len(LABELS)), np.float32)
        if not attention:
            self._run(crops, {OUTPUT[0]: probabilities})
            return probabilities
        if self._grid is None:
            raise ModelError(f"the model {self._name} has no output {ATTENTION[0]}")
        maps = np.empty((len(crops), *self._grid), np.float32)
        self._run(crops, {OUTPUT[0]: probabilities, ATTENTION[0]: maps})
        return probabilities, maps

    def _run(
        self,
        crops: npt.NDArray[np.uint8],
        outputs: dict[str, npt.NDArray[np.float32]],
        options: object = None,
    ) -> None:
        """Fills the outputs, each (N, …), under their names."""
        for start in range(0, len(crops), CHUNK):
            chunk = slice(start, start + CHUNK)
            faces = np.ascontiguousarray(crops[chunk])
            try:
                answers = self._session.run(list(outputs), {INPUT[0]: faces}, options)
            except session_errors() as error:
                raise ModelError(f"the model {self._name} can't be run") from error
            for filled, answer in zip(outputs.values(), answers, strict=True):
                if answer.shape != filled[chunk].shape or not np.isfinite(answer).all():
                    raise ModelError(f"the model {self._name} gives other numbers than it declares")
                filled[chunk] = answer
            # 1e-3: float32 loses far less in a softmax over seven classes.
            if not np.allclose(answers[0].sum(axis=1), 1, atol=1e-3):
                raise ModelError(f"the model {self._name} gives probabilities that do not sum to 1")


def _check_graph(session: "InferenceSession", name: str) -> tuple[int, int] | None:
    """(h, w) of the attention maps, None where there are none; ModelError for another graph."""
    inputs, outputs = (
        [_signature(node) for node in nodes]
        for nodes in (session.get_inputs(), session.get_outputs())
    )
    if inputs != [INPUT]:
        raise _unlike(name, "input", inputs, _describe(*INPUT))
    grid, rest = None, outputs[1:]
    match rest:
        case [("attention", "tensor(float)", ("N", int(height), int(width))), *rest]:
            grid = height, width
    if outputs[:1] != [OUTPUT] or rest not in ([], [FER2013]):
        optional = " and perhaps ".join(_describe(*output) for output in (ATTENTION, FER2013))
        raise _unlike(name, "output", outputs, f"{_describe(*OUTPUT)} and perhaps {optional}")
    return grid


def _unlike(name: str, kind: str, found: list[Signature], expected: str) -> ModelError:
    described = ", ".join(_describe(*signature) for signature in found)
    return ModelError(f"the model {name} has the {kind} {described}, expected {expected}")


def _signature(node: "NodeArg") -> Signature:
    """Name, type and shape; a free number of faces is called N, whatever the file calls it."""
    first, *rest = node.shape or [None]
    return node.name, node.type, (first if isinstance(first, int) else "N", *rest)


def _describe(name: str, kind: str, shape: tuple[object, ...]) -> str:
    return f"{name} {kind} ({', '.join(map(str, shape))})"


def _check_labels(metadata: dict[str, str], name: str) -> None:
    try:
        labels = json.loads(metadata.get("labels", "null"))
    except json.JSONDecodeError as error:
        raise ModelError(f"the model {name} has labels that are not JSON") from error
    if labels != list(LABELS):
        raise ModelError(f"the model {name} has the labels {labels}, expected {list(LABELS)}")
