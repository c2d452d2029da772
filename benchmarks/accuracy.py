"""Accuracy of this project and its peers: `python -m benchmarks.accuracy [--limit N]`.

On photographs each way detects, crops and classifies as its README says, and its largest face
counts. On FER-2013's test images, which are crops, only the network runs.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.peers import FER, SHARED, Peer, start_all
from benchmarks.tables import RESULTS, Row, Table, spread, write
from benchmarks.worker import Answer
from emotion.types import LABELS, Box
from emotion.video import overlap
from train import data, groups, metrics
from train.evaluate import MISSED

PHOTOGRAPHS = (
    Peer("emotion, YuNet"),
    Peer("emotion, MTCNN"),
    Peer("fer, own detector", FER),
    Peer("fer, MTCNN", FER),
)
CROPS = (Peer("emotion, network alone"), Peer("fer, network alone", FER))

# They install from PyPI but fetch their weights elsewhere.
FETCHING = "deepface, rmn, py-feat and hsemotion are not measured: their wheels hold no weights."

# The share of its union with a hand-drawn box that makes a detection a hit.
MIN_OVERLAP = 1 / 3


class Pictures(NamedTuple):
    """Files and what they show, int (N,) in the order of LABELS."""

    files: list[Path]
    truth: npt.NDArray[np.int64]


def read_photographs(folder: Path, limit: int | None) -> Pictures:
    """Read labels.csv: file, label."""
    table = pd.read_csv(folder / "labels.csv", skipinitialspace=True)[:limit]
    files = [folder / str(file) for file in table["file"]]
    return Pictures(files, table["label"].map(LABELS.index).to_numpy())


def save_crops(source: Path, folder: Path, limit: int | None) -> Pictures:
    """Save FER-2013's test images as files in the folder."""
    split = data.load(source)["test"]
    files = [folder / f"{number:04}.png" for number in range(len(split.labels))][:limit]
    for file, image in zip(files, split.images, strict=False):
        cv2.imwrite(str(file), image)
    return Pictures(files, split.labels[:limit])


def measure(title: str, peers: Sequence[Peer], pictures: Pictures) -> Table:
    """One row per peer; a peer that doesn't run says why."""
    with ExitStack() as stack:
        workers, missing = start_all(peers, stack)
        answers = [[worker.ask(file) for worker in workers] for file in pictures.files]
    columns = zip(workers, zip(*answers, strict=True), strict=True)
    rows = [_row(worker.name, found, pictures.truth) for worker, found in columns]
    rows += [{"way": name, "ms": reason} for name, reason in missing.items()]
    note = (
        f"{len(pictures.files)} pictures. Balanced: mean recall over the classes with at least "
        f"{groups.ENOUGH} pictures, with its 95 % interval. CPU milliseconds a picture on one "
        f"thread: median, quartiles. {FETCHING}"
    )
    return Table(title, note, rows)


def _row(name: str, answers: Sequence[Answer], truth: npt.NDArray[np.int64]) -> Row:
    labels = [answer["labels"][:1] for answer in answers]
    guesses = np.array([LABELS.index(found[0]) if found else MISSED for found in labels])
    return {
        "way": name,
        "face found": int((guesses != MISSED).sum()),
        "accuracy %": round(100 * float((guesses == truth).mean()), 1),
        "balanced %": _balanced(truth, guesses),
        "ms": spread([answer["ms"] for answer in answers[1:]]),
    }


def _balanced(truth: npt.NDArray[np.int64], guesses: npt.NDArray[np.int64]) -> str:
    scored = groups.enough(truth)
    if not scored:
        return ""
    low, high = (100 * end for end in metrics.balanced_interval(truth, guesses, scored))
    return f"{100 * metrics.balanced(truth, guesses, scored):.1f} [{low:.1f}, {high:.1f}]"


def faces_found(folder: Path, peers: Sequence[Peer]) -> Table:
    """Detections against boxes.json, a list of {"file": NAME, "boxes_xywh": [[x, y, w, h]]}."""
    entries = json.loads((folder / "boxes.json").read_text())
    truth = [[(x, y, x + w, y + h) for x, y, w, h in entry["boxes_xywh"]] for entry in entries]
    rows: list[Row] = []
    with ExitStack() as stack:
        for worker in start_all(peers, stack)[0]:
            found = [worker.ask(folder / entry["file"])["boxes"] for entry in entries]
            hits, false = np.sum(list(map(count, truth, found)), axis=0).tolist()
            rows.append({"way": worker.name, "found": hits, "false": false})
    total = sum(map(len, truth))
    return Table("Group photographs", f"{len(truth)} photographs with {total} faces.", rows)


def count(truth: Sequence[Box], found: Sequence[Box]) -> tuple[int, int]:
    """How many faces were found, and how many detections are no face."""
    hits = sum(any(overlap(box, other) > MIN_OVERLAP for other in found) for box in truth)
    false = sum(all(overlap(box, other) <= MIN_OVERLAP for box in truth) for other in found)
    return hits, false


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write accuracy.md and .json."""
    parser = argparse.ArgumentParser("python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--limit", type=int, help="only the first pictures of each set")
    parser.add_argument("--out", type=Path, default=RESULTS, help="default: benchmarks/results")
    options = parser.parse_args(argv)
    folder = SHARED / "data"
    if not folder.is_dir():
        print("there is no ../shared/data beside the repository", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as saved:
        crops = save_crops(folder / "fer2013", Path(saved), options.limit)
        title = "FER-2013 test, crops, by its labels, which emotion does not serve"
        tables = [measure(title, CROPS, crops)]
    photographs = read_photographs(folder / "lfw_expr", options.limit)
    tables.append(measure("Press photographs", PHOTOGRAPHS, photographs))
    tables.append(faces_found(folder / "group_photos", PHOTOGRAPHS[:2]))
    print(write("accuracy", tables, options.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
