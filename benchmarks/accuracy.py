"""How often the peers are right, beside their time: `python -m benchmarks.accuracy [--limit N]`.

On photographs each way detects, crops and classifies as its README says, and its largest face
counts; on FER-2013's test images, which are crops, only its network runs. All have one thread and
take turns, picture by picture.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd

from benchmarks.detectors import RESULTS, SHARED, find_yunet_file
from benchmarks.peers import FER, Answer, NotAvailableError, Peer, Worker, start
from benchmarks.section import Row, Section, write
from benchmarks.timing import spread
from emotion.types import LABELS
from train import data, groups, metrics
from train.evaluate import MISSED

PHOTOGRAPHS = (
    Peer("emotion, YuNet"),
    Peer("emotion, MTCNN"),
    Peer("fer, own detector", "fer", FER),
    Peer("fer, MTCNN", "fer", FER),
)
CROPS = (Peer("emotion, network alone"), Peer("fer, network alone", "fer", FER))

# What installs from PyPI but leaves its weights elsewhere, as its source says.
FETCHING = {
    "deepface": "fetches its weights from GitHub when first used (models/demography/Emotion.py)",
    "rmn": "fetches its weights from the Hub or GitHub when imported (rmn/__init__.py)",
    "py-feat": "fetches its weights when first used (feat/pretrained.py)",
    "hsemotion": "fetches its weights from GitHub when first used (facial_emotions.py)",
}


class Pictures(NamedTuple):
    """Files, and what they show: int (N,) in the order of LABELS."""

    files: list[Path]
    truth: np.ndarray


def read_photographs(folder: Path, limit: int) -> Pictures:
    """What labels.csv lists, file and label."""
    table = pd.read_csv(folder / "labels.csv", skipinitialspace=True)[:limit]
    files = [folder / file for file in table["file"]]
    return Pictures(files, table["label"].map(LABELS.index).to_numpy())


def save_crops(source: Path, folder: Path, limit: int) -> Pictures:
    """FER-2013's test images as files in the folder."""
    split = data.load(source)["test"]
    files = [folder / f"{number:04}.png" for number in range(len(split.labels))][:limit]
    for file, image in zip(files, split.images, strict=False):
        cv2.imwrite(str(file), image)
    return Pictures(files, split.labels[:limit])


def measure(title: str, peers: Sequence[Peer], pictures: Pictures, yunet: Path | None) -> Section:
    """One row a peer; one that does not run says why."""
    with ExitStack() as stack:
        workers: list[Worker] = []
        missing: dict[str, str] = {}
        for peer in peers:
            try:
                workers.append(stack.enter_context(start(peer, 1, yunet)))
            except NotAvailableError as error:
                missing[peer.name] = str(error)
        answers = [[worker.ask(file) for worker in workers] for file in pictures.files]
    columns = zip(workers, zip(*answers, strict=True), strict=True)
    rows = [_row(worker.name, found, pictures.truth) for worker, found in columns]
    rows += [_absent(name, reason) for name, reason in missing.items()]
    note = (
        f"{len(pictures.files)} pictures. Balanced: the mean share of hits over the classes with "
        f"{groups.ENOUGH} pictures or more; 95 % interval. CPU milliseconds a picture, one thread: "
        "median, quartiles."
    )
    return Section(title, note, rows)


def _row(name: str, answers: Sequence[Answer], truth: np.ndarray) -> Row:
    guesses = np.array([LABELS.index(a["label"]) if a["label"] else MISSED for a in answers])
    return {
        "way": name,
        "face found": int((guesses != MISSED).sum()),
        "accuracy %": round(100 * float((guesses == truth).mean()), 1),
        "balanced %": _balanced(truth, guesses),
        "ms": str(spread([answer["cpu_ms"] for answer in answers[1:]])),
    }


def _balanced(truth: np.ndarray, guesses: np.ndarray) -> str:
    scored = groups.enough(truth)
    if not scored:
        return ""
    low, high = (100 * end for end in metrics.balanced_interval(truth, guesses, scored))
    return f"{100 * metrics.balanced(truth, guesses, scored):.1f} [{low:.1f}, {high:.1f}]"


def _absent(name: str, reason: str) -> Row:
    empty = dict.fromkeys(("face found", "accuracy %", "balanced %"), "")
    return {"way": name, **empty, "ms": f"not run: {reason[:120]}"}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write into benchmarks/results."""
    parser = argparse.ArgumentParser("python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--limit", type=int, help="only the first pictures of each")
    options = parser.parse_args(argv)
    if not (SHARED / "data").is_dir():
        print("there is no ../shared/data beside the repository", file=sys.stderr)
        return 1
    yunet = find_yunet_file()
    with tempfile.TemporaryDirectory() as folder:
        crops = save_crops(SHARED / "data" / "fer2013", Path(folder), options.limit)
        sections = [measure("FER-2013 test, crops", CROPS, crops, yunet)]
    photographs = read_photographs(SHARED / "data" / "lfw_expr", options.limit)
    sections.append(measure("Press photographs", PHOTOGRAPHS, photographs, yunet))
    rows: list[Row] = [{"package": name, "why": why} for name, why in FETCHING.items()]
    sections.append(Section("Not measured: no weights in the package", "", rows))
    print(write(RESULTS, "accuracy", "Accuracy", sections))
    return 0


if __name__ == "__main__":
    sys.exit(main())
