"""How large a picture a detector should see: `python -m benchmarks.detectors [FOLDER]`.

FOLDER holds photographs and boxes.json, a list of {"file": NAME, "boxes_xywh": [[x, y, w, h]]}.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2

from benchmarks.section import Row, Section, write
from benchmarks.timing import interleave
from emotion.detection import Detector, Name, load_detector, mtcnn, yunet
from emotion.hub import find_yunet
from emotion.image import Pixels, load_image
from emotion.types import Box, Face
from emotion.video.track import overlap

SHARED = Path(__file__).parents[2] / "shared"
PHOTOS = SHARED / "data" / "group_photos"
RESULTS = Path(__file__).parent / "results"

# The photographs are 500 pixels wide and most faces 37: at 160 they have 12.
SIDES = (96, 128, 160, 192, 256, 320, 384, 512, 640, 800)
# What a hit shares of its union with the box that was drawn by hand.
MIN_OVERLAP = 1 / 3


class Photo(NamedTuple):
    """RGB uint8 (H, W, 3), and where its faces are."""

    image: Pixels
    boxes: list[Box]


def read_photos(folder: Path) -> list[Photo]:
    """What boxes.json lists."""
    return [
        Photo(
            load_image(folder / entry["file"]),
            [(x, y, x + width, y + height) for x, y, width, height in entry["boxes_xywh"]],
        )
        for entry in json.loads((folder / "boxes.json").read_text())
    ]


def count(boxes: Sequence[Box], faces: Sequence[Face]) -> tuple[int, int]:
    """How many boxes were found, and how many of the found faces are none."""
    hits = sum(any(overlap(box, face.box) > MIN_OVERLAP for face in faces) for box in boxes)
    false = sum(all(overlap(box, face.box) <= MIN_OVERLAP for box in boxes) for face in faces)
    return hits, false


def curve(name: Name, photos: Sequence[Photo], rounds: int) -> Section:
    """Faces found and milliseconds a photograph, by the longest side that the detector sees."""
    rows = [_measure(name, photos, side, rounds) for side in SIDES]
    total = sum(len(photo.boxes) for photo in photos)
    note = f"{len(photos)} photographs with {total} faces; CPU milliseconds of one thread."
    return Section(f"Longest side, {name}", note, rows)


def _measure(name: Name, photos: Sequence[Photo], side: int, rounds: int) -> Row:
    module = {"yunet": yunet, "mtcnn": mtcnn}[name]
    before, module.LONGEST_SIDE = module.LONGEST_SIDE, side
    try:
        detector = load_detector(name, yunet=find_yunet_file())
        counts = [count(photo.boxes, detector.detect(photo.image)) for photo in photos]
        times = interleave({"all": lambda: _detect_all(detector, photos)}, rounds)
    finally:
        module.LONGEST_SIDE = before
    hits, false = map(sum, zip(*counts, strict=True))
    ms = times["all"].cpu.median / len(photos)
    return {"longest side": side, "found": hits, "no faces": false, "ms": round(ms, 1)}


def _detect_all(detector: Detector, photos: Sequence[Photo]) -> None:
    for photo in photos:
        detector.detect(photo.image)


def find_yunet_file() -> Path | None:
    """YuNet's file, in the cache or beside the repository."""
    beside = SHARED / "models" / "face_detection_yunet_2023mar.onnx"
    return find_yunet() or (beside if beside.is_file() else None)


def main(argv: Sequence[str]) -> int:
    """Print both curves and write them into benchmarks/results."""
    folder = Path(argv[0]) if argv else PHOTOS
    if not (folder / "boxes.json").is_file():
        print(f"{folder} has no boxes.json", file=sys.stderr)
        return 1
    cv2.setNumThreads(1)
    photos = read_photos(folder)
    names: list[Name] = ["yunet", "mtcnn"] if find_yunet_file() else ["mtcnn"]
    print(write(RESULTS, "detectors", "Detectors", [curve(name, photos, 2) for name in names]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
