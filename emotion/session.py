"""ONNX networks on the CPU, opened in one way by the classifier and the detectors."""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from emotion.types import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


@cache
def runtime() -> Any:
    """The module onnxruntime.

    It reports to Microsoft which models a process runs, unless this is set before it is loaded.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime  # noqa: PLC0415

    return onnxruntime


@cache
def _errors() -> tuple[type[Exception], ...]:
    """What onnxruntime raises for a file that is no model, is damaged, or asks for too much."""
    errors = runtime().capi.onnxruntime_pybind11_state
    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoModel", "NoSuchFile")
    kinds = [getattr(errors, name) for name in (*names, "NotImplemented", "RuntimeException")]
    return (*kinds, UnicodeDecodeError)  # a damaged name, in what onnxruntime says of it


# Of all networks together. The bundled one takes 0.2 GB for 64 faces at once.
MOST_BYTES = 4 * 2**30


class Network:
    """The network in a file or in the bytes of one, run by so many threads.

    All networks together get MOST_BYTES of memory; one that asks for more fails when it runs.
    Raises ModelError, with the name, for what onnxruntime can't load. A copy for another process
    is opened anew there.
    """

    def __init__(self, model: Path | bytes, name: str, threads: int) -> None:
        self._source = model, name, threads
        if threads < 1:
            raise ValueError(f"threads must be 1 or more, but is {threads}")
        options = runtime().SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that spin while they wait take the cores from other networks and other visitors.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # A pattern is one block of memory for each shape of input. Detectors see many shapes: with
        # patterns six threads held 315 MB, without 240, in the same time.
        options.enable_mem_pattern = False
        # 4: fatal only; what goes wrong is raised below.
        options.log_severity_level = 4
        _make_arena()
        options.add_session_config_entry("session.use_env_allocators", "1")
        source = model if isinstance(model, bytes) else str(model)
        try:
            self.session: InferenceSession = runtime().InferenceSession(
                source, options, providers=["CPUExecutionProvider"]
            )
        except _errors() as error:
            raise ModelError(f"the model {name} is not an ONNX file that can be loaded") from error

    def __reduce__(self) -> tuple[object, ...]:
        return Network, self._source

    def run(self, outputs: list[str], inputs: dict[str, npt.NDArray[Any]]) -> list[Any]:
        """Those outputs. Raises ModelError."""
        try:
            return list(self.session.run(outputs, inputs))
        except _errors() as error:
            raise ModelError(f"the model {self._source[1]} can't be run") from error


@cache
def _make_arena() -> None:
    """Once in a process: what all networks take their memory from.

    Two threads that read four photographs with MTCNN peak at 207 MB, and at 250 if each network
    keeps memory of its own.
    """
    ort = runtime()
    kind = (ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    arena = ort.OrtArenaCfg({"max_mem": MOST_BYTES})
    ort.create_and_register_allocator(ort.OrtMemoryInfo("Cpu", *kind), arena)
