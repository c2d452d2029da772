"""`python -m benchmarks.bulk`: `emotion.bulk` beside the library's plain loop, over one folder."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.detectors import RESULTS
from benchmarks.folder import fill
from benchmarks.pictures import save_all
from benchmarks.section import Row, Section, write
from benchmarks.timing import interleave
from emotion import EmotionRecognizer

ROOT = Path(__file__).parents[1]
# Less than the default, so that a short run has several.
PART_SIZE = 32
MB = 1e6


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser("python -m benchmarks.bulk", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--copies", type=int, default=20, help="of 32 pictures, for whole runs")
    parser.add_argument("--out", type=Path, default=RESULTS, help="default: benchmarks/results")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        paths = fill(Path(folder) / "images", save_all(Path(folder)))
        sections = [one_part(paths, options.rounds)]
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
        before = _loop(paths)
        found = _run(source, folder / f"out-{cores}", cores)
        rate, cpu = (sum(pair) / 2 for pair in zip(before, _loop(paths), strict=True))
        loop: Row = {"loop, a second": rate, "loop, CPU ms": cpu}
        ratio = float(found["CPU ms"]) / cpu
        rows.append({"cores": cores, **loop, **found, "CPU against the loop": ratio})
    note = (
        f"{copies * len(paths)} files. Images a second by the clock, on a machine that may do "
        "other work, and CPU milliseconds an image, of the workers, from the first parts that are "
        "written on; all other processes of Ray take a share of a core beside them. The loop, of "
        "one thread, runs before and after. MB: the most that a worker has held, and the most of "
        "all processes together."
    )
    return Section("Whole runs", note, rows)


def _loop(paths: Sequence[Path]) -> tuple[float, float]:
    """Images a second, and CPU milliseconds an image."""
    recognizer = EmotionRecognizer()
    start, cpu = time.perf_counter(), time.process_time()
    for path in paths:
        recognizer.recognize(path)
    elapsed, cpu = time.perf_counter() - start, time.process_time() - cpu
    return len(paths) / elapsed, 1000 * cpu / len(paths)


def _run(source: Path, out: Path, cores: int) -> Row:
    options = [f"--out={out}", f"--cores={cores}", f"--part-size={PART_SIZE}"]
    command = [sys.executable, "-m", "emotion.bulk", str(source), *options]
    start = time.time()
    worker, together = 0.0, 0.0
    # Parts that are written, seconds, and CPU seconds of workers and of the rest until then.
    course: list[tuple[int, float, float, float]] = []
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while run.poll() is None:
        found = list(_processes(run.pid))
        workers = [each for each in found if "ray::Map" in each.name]
        worker = max([worker, *(each.bytes for each in workers)])
        together = max(together, sum(each.bytes for each in found))
        cpu = sum(each.cpu for each in workers)
        rest = sum(each.cpu for each in found) - cpu
        course.append((len(_parts(out)), time.time(), cpu, rest))
        time.sleep(0.5)
    if run.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {run.returncode}")
    written = sorted(path.stat().st_mtime for path in _parts(out))
    # The samples in which a part is new: in others a share of the next is done, and not written.
    # Without the last part: then processes end, and what they took is no longer seen.
    course = [
        now
        for before, now in pairwise(course)
        if before[0] < now[0] and cores <= now[0] < len(written)
    ]
    passed = [then - first for first, then in zip(course[0], course[-1], strict=True)]
    return {
        "a second": PART_SIZE * (len(written) - cores) / (written[-1] - written[cores - 1]),
        "CPU ms": 1000 * passed[2] / (PART_SIZE * passed[0]),
        "Ray, % of a core": round(100 * passed[3] / passed[1]),
        "first part after s": written[0] - start,
        "worker MB": round(worker / MB),
        "together MB": round(together / MB),
    }


def _parts(out: Path) -> list[Path]:
    return list(out.glob("part-*"))


class Process(NamedTuple):
    """Its number and command; bytes, of which what several share is divided; CPU seconds."""

    name: str
    bytes: float
    cpu: float


def _processes(parent: int) -> Iterator[Process]:
    """A process, and those below it."""
    folder = Path("/proc") / str(parent)
    try:
        name = f"{parent} {(folder / 'cmdline').read_text()}"
        lines = (folder / "smaps_rollup").read_text().splitlines()
        # After the name, which may hold anything: fields 3 on, of which 14 and 15 are times.
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        children = [task.read_text() for task in folder.glob("task/*/children")]
    except OSError:  # it has just ended
        return
    size = sum(1024 * float(line.split()[1]) for line in lines if line.startswith("Pss:"))
    ticks = int(fields[11]) + int(fields[12])
    yield Process(name, size, ticks / os.sysconf("SC_CLK_TCK"))
    for child in " ".join(children).split():
        yield from _processes(int(child))


if __name__ == "__main__":
    sys.exit(main())
