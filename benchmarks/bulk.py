"""`python -m benchmarks.bulk`: `emotion.bulk` beside the library's plain loop, over one folder."""

import argparse
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.detectors import RESULTS
from benchmarks.folder import fill
from benchmarks.pictures import save_all
from benchmarks.section import Row, Section, write
from benchmarks.timing import interleave
from emotion import EmotionRecognizer

ROOT = Path(__file__).parents[1]
PART_SIZE = 16
MB = 1e6


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser("python -m benchmarks.bulk", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--copies", type=int, default=30, help="of 32 pictures, for whole runs")
    parser.add_argument("--out", type=Path, default=RESULTS, help="default: benchmarks/results")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        paths = fill(Path(folder) / "images", save_all(Path(folder)))
        sections = [one_part(paths[:PART_SIZE], options.rounds)]
        sections.append(whole_runs(paths, options.copies, Path(folder)))
    print(write(options.out, "bulk", "emotion.bulk beside the plain loop", sections))
    return 0


def one_part(paths: Sequence[Path], rounds: int) -> Section:
    """What plan, table and file add to the loop, in one process and in turns."""
    from emotion.bulk.places import open_place
    from emotion.bulk.plan import write_plan
    from emotion.bulk.run import settings_of
    from emotion.bulk.sources import Part
    from emotion.bulk.worker import Job, Worker

    with tempfile.TemporaryDirectory() as folder:
        source, out = open_place(str(paths[0].parent)), open_place(folder)
        options = Namespace(
            column="image", part_size=PART_SIZE, detector="auto", model=None, min_score=None
        )
        options.largest = False
        settings = settings_of(options, source)
        write_plan(out, [Part(list(map(str, paths)))], settings)
        worker = Worker(Job(source, out, None, settings))
        recognizer = EmotionRecognizer()
        tasks: dict[str, Any] = {
            "plain loop": lambda: [recognizer.recognize(path) for path in paths],
            "emotion.bulk's worker": lambda: worker({"part": [0]}),
        }
        times = interleave(tasks, rounds)
    loop = times["plain loop"].cpu.median
    rows: list[Row] = [
        {"way": name, "a part": str(found.cpu), "against the loop": found.cpu.median / loop}
        for name, found in times.items()
    ]
    return Section("One part", f"{len(paths)} images, CPU milliseconds of one thread.", rows)


def whole_runs(paths: Sequence[Path], copies: int, folder: Path) -> Section:
    """Ray's start, the rate afterwards, and memory, with one worker and with two."""
    source = folder / "many"
    source.mkdir()
    for number in range(copies):
        for path in paths:
            (source / f"{number}-{path.name}").symlink_to(path)
    rows: list[Row] = []
    for cores in (1, 2):
        before = _loop_rate(paths)
        found = _run(source, folder / f"out-{cores}", cores)
        loop = (before + _loop_rate(paths)) / 2
        rate = found.pop("images per second")
        against = {"plain loop": loop, "images per second": rate, "against the loop": rate / loop}
        rows.append({"cores": cores, **against, **found})
    note = (
        f"{copies * len(paths)} files, by the clock, on a machine that may do other work; images "
        "per second from the first part that is written on. The loop, of one thread, runs before "
        "and after. MB: the most that a worker has held, and the most of all processes together."
    )
    return Section("Whole runs", note, rows)


def _loop_rate(paths: Sequence[Path]) -> float:
    recognizer = EmotionRecognizer()
    start = time.perf_counter()
    for path in paths:
        recognizer.recognize(path)
    return len(paths) / (time.perf_counter() - start)


def _run(source: Path, out: Path, cores: int) -> Row:
    options = [f"--out={out}", f"--cores={cores}", f"--part-size={PART_SIZE}"]
    command = [sys.executable, "-m", "emotion.bulk", str(source), *options]
    start = time.time()
    worker, together = 0.0, 0.0
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while run.poll() is None:
        memory = dict(_memory(run.pid))
        worker = max([worker, *(size for name, size in memory.items() if "ray::Map" in name)])
        together = max(together, sum(memory.values()))
        time.sleep(1)
    if run.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {run.returncode}")
    written = sorted(path.stat().st_mtime for path in out.glob("part-*"))
    rate = PART_SIZE * (len(written) - cores) / (written[-1] - written[cores - 1])
    return {
        "images per second": rate,
        "first part after s": written[0] - start,
        "worker MB": round(worker / MB),
        "together MB": round(together / MB),
    }


def _memory(parent: int) -> Iterator[tuple[str, float]]:
    """Name and bytes of a process and of those below it; what several share is divided."""
    process = Path("/proc") / str(parent)
    try:
        name = f"{parent} {(process / 'cmdline').read_text()}"
        lines = (process / "smaps_rollup").read_text().splitlines()
        children = [task.read_text() for task in process.glob("task/*/children")]
    except OSError:  # it has just ended
        return
    yield name, sum(1024 * float(line.split()[1]) for line in lines if line.startswith("Pss:"))
    for child in " ".join(children).split():
        yield from _memory(int(child))


if __name__ == "__main__":
    sys.exit(main())
