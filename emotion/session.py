"""ONNX networks on the CPU, opened in one way by the classifier and the detectors."""

from functools import cache
from pathlib import Path

import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from emotion.types import ModelError

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
    UnicodeDecodeError,  # a damaged name, in what onnxruntime says of it
)


# Of all networks together. The bundled one takes 0.2 GB for 64 faces at once.
MOST_BYTES = 4 * 2**30


def open_session(model: Path | bytes, name: str, threads: int) -> ort.InferenceSession:
    """The network in a file or in the bytes of one, run by so many threads.

    It gets MOST_BYTES of memory, whatever its graph asks for, and then fails to run.
    Raises ModelError, which says the name, for what onnxruntime can't load.
    """
    if threads < 1:
        raise ValueError(f"threads must be 1 or more, but is {threads}")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin while they wait take the cores from other networks and other visitors.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # A pattern is a plan of the memory for each shape of input, and one block for all of it: with
    # detectors, whose shapes differ from picture to picture, six threads held 315 MB, and 240
    # without, in the same time.
    options.enable_mem_pattern = False
    # 4: fatal only; what goes wrong is raised below.
    options.log_severity_level = 4
    _make_arena()
    options.add_session_config_entry("session.use_env_allocators", "1")
    source = model if isinstance(model, bytes) else str(model)
    try:
        return ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except LOAD_ERRORS as error:
        raise ModelError(f"the model {name} is not an ONNX file that can be loaded") from error


@cache
def _make_arena() -> None:
    """Once in a process: what all networks take their memory from.

    What one network has done with, the next one uses: two threads that read four photographs with
    MTCNN peak at 207 MB, and at 250 where each network keeps memory of its own.
    """
    kind = (ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    arena = ort.OrtArenaCfg({"max_mem": MOST_BYTES})
    ort.create_and_register_allocator(ort.OrtMemoryInfo("Cpu", *kind), arena)
