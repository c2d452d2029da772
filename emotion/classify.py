"""Crops to probabilities, by an ONNX file that describes itself."""

import json
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from emotion.hub import find_model
from emotion.types import CROP_SIZE, LABELS, ModelError

# The graph's one input and one output: name, type, shape. N is the number of faces.
INPUT = ("faces", "tensor(uint8)", ("N", CROP_SIZE, CROP_SIZE))
OUTPUT = ("probabilities", "tensor(float)", ("N", len(LABELS)))

# Faces in one run: bounds the memory, and more at once is no faster on a CPU.
CHUNK = 64

# What onnxruntime raises on a file that is no model, damaged, or beyond it.
LOAD_ERRORS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)


class EmotionClassifier:
    """Expressions of faces that are cropped already.

    model is None (the bundled one), a path, or OWNER/NAME[@REVISION] on the Hub. threads are
    the CPU threads of one run. Raises ModelError where the model can't be had, or is not one
    with the input, output and labels expected here.
    """

    metadata: dict[str, str]

    def __init__(self, model: str | os.PathLike[str] | None = None, *, threads: int = 1) -> None:
        path = find_model(model)
        self._session = _open_session(path, threads)
        self.metadata = dict(self._session.get_modelmeta().custom_metadata_map)
        _check_graph(self._session, path.name)
        _check_labels(self.metadata, path.name)

    def classify(self, crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Grey uint8 (N, 48, 48) to float32 (N, 7), in the order of LABELS; rows sum to 1.

        Raises ValueError for crops of another shape or type.
        """
        if crops.dtype != np.uint8 or crops.shape[1:] != (CROP_SIZE, CROP_SIZE):
            expected = f"uint8 with shape (N, {CROP_SIZE}, {CROP_SIZE})"
            raise ValueError(f"crops must be {expected}, but are {crops.dtype} with {crops.shape}")
        probabilities = np.empty((len(crops), len(LABELS)), np.float32)
        for start in range(0, len(crops), CHUNK):
            chunk = np.ascontiguousarray(crops[start : start + CHUNK])
            (probabilities[start : start + CHUNK],) = self._session.run(
                [OUTPUT[0]], {INPUT[0]: chunk}
            )
        return probabilities


def _open_session(path: Path, threads: int) -> ort.InferenceSession:
    if threads < 1:
        raise ValueError(f"threads must be 1 or more, but is {threads}")
    if not path.is_file():
        raise ModelError(f"the model {path.name or path} is not a file")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin while they wait take the cores from the detector and from other visitors.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # 4: fatal only; what goes wrong is raised below.
    options.log_severity_level = 4
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except LOAD_ERRORS as error:
        raise ModelError(f"the model {path.name} is not an ONNX file that can be loaded") from error


def _check_graph(session: ort.InferenceSession, name: str) -> None:
    for kind, found, expected in (
        ("input", session.get_inputs(), INPUT),
        ("output", session.get_outputs(), OUTPUT),
    ):
        signatures = [_signature(node) for node in found]
        if signatures != [expected]:
            described = ", ".join(_describe(*signature) for signature in signatures)
            raise ModelError(
                f"the model {name} has the {kind} {described}, expected {_describe(*expected)}"
            )


Signature = tuple[str, str, tuple[object, ...]]


def _signature(node: ort.NodeArg) -> Signature:
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
