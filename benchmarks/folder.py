"""Images per second over a folder, with one thread and with two."""

import shutil
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.section import Row, Section
from benchmarks.stages import Named
from emotion import EmotionRecognizer

COPIES = 8


def fill(folder: Path, pictures: Mapping[str, Path]) -> list[Path]:
    """Copies of the pictures in a new folder."""
    folder.mkdir()
    sources = list(pictures.values()) * COPIES
    targets = [folder / f"{number:03}{path.suffix}" for number, path in enumerate(sources)]
    for source, target in zip(sources, targets, strict=True):
        shutil.copyfile(source, target)
    return targets


def throughput(named: Named, paths: Sequence[Path], rounds: int) -> Section:
    """One recognizer of one thread each run, shared by one thread of Python and by two."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(rounds):
        for threads, found in rates.items():
            found.append(_rate(named.recognizer, paths, threads))
    best = {threads: max(found) for threads, found in rates.items()}
    rows: list[Row] = [
        {"threads": threads, "images per second": rate, "against one": rate / best[1]}
        for threads, rate in best.items()
    ]
    note = f"{len(paths)} files, by the clock; the best of {rounds} runs."
    return Section(f"A folder, {named.name}", note, rows)


def _rate(recognizer: EmotionRecognizer, paths: Sequence[Path], threads: int) -> float:
    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(recognizer.recognize, paths):
            pass
    return len(paths) / (time.perf_counter() - start)
