"""Images per second over a folder, with one thread and with two.

`python -m benchmarks.folder THREADS DETECTOR FILE...` goes through them once, as the command line
does, in a process of its own: how that keeps its memory is a choice for a whole process.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.peers import ROOT
from benchmarks.section import Row, Section
from emotion import EmotionRecognizer
from emotion.cli.main import tune_memory
from emotion.cli.parallel import ahead

COPIES = 8


class Run(NamedTuple):
    """Images per second by the clock, CPU milliseconds for each, and how many cores were had."""

    rate: float
    cpu_ms: float
    cores: float


def fill(folder: Path, pictures: Mapping[str, Path]) -> list[Path]:
    """Copies of the pictures in a new folder."""
    folder.mkdir()
    sources = list(pictures.values()) * COPIES
    targets = [folder / f"{number:03}{path.suffix}" for number, path in enumerate(sources)]
    for source, target in zip(sources, targets, strict=True):
        shutil.copyfile(source, target)
    return targets


def throughput(paths: Sequence[Path], yunet: Path | None, rounds: int) -> Section:
    """With one thread of Python and with two."""
    detector = "yunet" if yunet else "mtcnn"
    runs: dict[int, list[Run]] = {1: [], 2: []}
    for _ in range(rounds):
        for threads, found in runs.items():
            found.append(_in_a_process(threads, detector, paths, yunet))
    best = {threads: max(run.rate for run in found) for threads, found in runs.items()}
    rows = [_row(threads, found, best) for threads, found in runs.items()]
    note = (
        f"{len(paths)} files, images per second by the clock, {rounds} runs in turns. Where "
        "one thread had less than a core, or two less than two, other programs had the rest."
    )
    return Section(f"A folder, {detector}", note, rows)


def _row(threads: int, runs: Sequence[Run], best: Mapping[int, float]) -> Row:
    return {
        "threads": threads,
        "best": best[threads],
        "median": statistics.median(run.rate for run in runs),
        "best against one's": best[threads] / best[1],
        "CPU ms an image": statistics.median(run.cpu_ms for run in runs),
        "cores had": max(run.cores for run in runs),
    }


def _in_a_process(threads: int, detector: str, paths: Sequence[Path], yunet: Path | None) -> Run:
    command = [sys.executable, "-m", "benchmarks.folder", str(threads), detector, *map(str, paths)]
    environment = os.environ | ({"EMOTION_YUNET": str(yunet)} if yunet else {})
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    return Run(*json.loads(done.stdout))


def main(argv: Sequence[str]) -> None:
    """Prints what a run over the files took; loading and the first of them are not counted."""
    threads, detector, *paths = argv
    tune_memory()
    recognizer = EmotionRecognizer(detector=detector)  # type: ignore[arg-type]  # it is checked
    recognizer.recognize(paths[0])
    print(json.dumps(_run(recognizer, paths, int(threads))))


def _run(recognizer: EmotionRecognizer, paths: Sequence[str], threads: int) -> Run:
    wall, cpu = time.perf_counter(), time.process_time()
    for _, result in ahead(recognizer.recognize, paths, threads, kept=2 * threads):
        result()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Run(len(paths) / wall, 1000 * cpu / len(paths), cpu / wall)


if __name__ == "__main__":
    main(sys.argv[1:])
