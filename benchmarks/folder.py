"""Images per second over a folder, with one thread and with two."""

import shutil
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.section import Row, Section
from benchmarks.stages import Named
from emotion import EmotionRecognizer
from emotion.ahead import ahead

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


def throughput(named: Named, paths: Sequence[Path], rounds: int) -> Section:
    """As the command line goes through a folder, with one thread of Python and with two."""
    runs: dict[int, list[Run]] = {1: [], 2: []}
    for _ in range(rounds):
        for threads, found in runs.items():
            found.append(_run(named.recognizer, paths, threads))
    best = {threads: max(run.rate for run in found) for threads, found in runs.items()}
    rows = [_row(threads, found, best) for threads, found in runs.items()]
    note = (
        f"{len(paths)} files, images per second by the clock, {rounds} runs in turns. Where "
        "one thread had less than a core, or two less than two, other programs had the rest."
    )
    return Section(f"A folder, {named.name}", note, rows)


def _row(threads: int, runs: Sequence[Run], best: Mapping[int, float]) -> Row:
    return {
        "threads": threads,
        "best": best[threads],
        "median": statistics.median(run.rate for run in runs),
        "best against one's": best[threads] / best[1],
        "CPU ms an image": statistics.median(run.cpu_ms for run in runs),
        "cores had": max(run.cores for run in runs),
    }


def _run(recognizer: EmotionRecognizer, paths: Sequence[Path], threads: int) -> Run:
    wall, cpu = time.perf_counter(), time.process_time()
    for _, result in ahead(recognizer.recognize, paths, threads):
        result()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Run(len(paths) / wall, 1000 * cpu / len(paths), cpu / wall)
