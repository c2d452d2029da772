"""Where the time of a picture goes, and what many faces cost."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.section import Row, Section
from benchmarks.timing import Times, interleave
from emotion import EmotionRecognizer
from emotion.crop import crop_faces
from emotion.detection import Name
from emotion.image import load_image

FACES = (1, 8, 32, 256)
STAGES = ("decode", "detect", "crop", "classify", "whole")


class Named(NamedTuple):
    """A recognizer and what it is called in the tables."""

    name: str
    recognizer: EmotionRecognizer


def stages(named: Named, pictures: Mapping[str, Path], rounds: int) -> Section:
    """Each stage for each picture; `rest` is the whole over detector plus network."""
    tasks: dict[str, Callable[[], object]] = {}
    faces = {}
    for title, path in pictures.items():
        image = load_image(path)
        faces[title] = named.recognizer.detect(image)
        found = dict(zip(STAGES, _tasks(named.recognizer, path), strict=True))
        tasks |= {f"{title}: {stage}": task for stage, task in found.items()}
    times = interleave(tasks, rounds)
    rows = [_row(title, len(faces[title]), times) for title in pictures]
    return Section(f"Stages, {named.name}", "Milliseconds: median, quartiles, CPU time.", rows)


def _tasks(recognizer: EmotionRecognizer, path: Path) -> list[Callable[[], object]]:
    """Decode, detect, crop, classify, and all of them."""
    image = load_image(path)
    faces = recognizer.detect(image)
    crops = crop_faces(image, faces)
    return [
        partial(load_image, path),
        partial(recognizer.detect, image),
        partial(crop_faces, image, faces),
        partial(recognizer.classifier.classify, crops),
        partial(recognizer.recognize, path),
    ]


def _row(title: str, faces: int, times: Mapping[str, Times]) -> Row:
    cpu = {stage: times[f"{title}: {stage}"].cpu for stage in STAGES}
    # The bar of the whole leaves out what a camera's picture does not need: its decoding.
    inside = cpu["detect"].median + cpu["crop"].median + cpu["classify"].median
    networks = cpu["detect"].median + cpu["classify"].median
    first = {"first whole (clock)": round(times[f"{title}: whole"].first, 1)}
    cells = {stage: str(cpu[stage]) for stage in STAGES}
    shares = {
        "whole / (detect + classify)": cpu["whole"].median / networks,
        "without decoding": inside / networks,
    }
    return {"picture": title, "faces": faces, **cells, **shares, **first}


def many_faces(named: Named, rounds: int) -> Section:
    """Crops classified at once, and one by one."""
    classify = named.recognizer.classifier.classify
    crops = np.random.default_rng(0).integers(0, 256, (max(FACES), 48, 48), np.uint8)
    times = interleave({str(n): partial(classify, crops[:n]) for n in FACES}, rounds)
    one = times["1"].cpu.median
    rows: list[Row] = [
        {"faces": n, "ms": str(times[str(n)].cpu), "against so many times one": _ratio(times, n)}
        for n in FACES
    ]
    return Section("Many faces", f"CPU milliseconds; one face takes {one:.2f}.", rows)


def _ratio(times: Mapping[str, Times], faces: int) -> float:
    return times[str(faces)].cpu.median / (faces * times["1"].cpu.median)


def one_and_two(
    pictures: Mapping[str, Path], detector: Name, yunet: Path | None, rounds: int
) -> Section:
    """The whole of each picture with one thread in both networks and with two."""
    recognizers = {
        threads: EmotionRecognizer(detector=detector, yunet=yunet, threads=threads)
        for threads in (1, 2)
    }
    tasks: dict[str, Callable[[], object]] = {
        f"{title}: {threads}": partial(recognizer.recognize, path)
        for title, path in pictures.items()
        for threads, recognizer in recognizers.items()
    }
    times = interleave(tasks, rounds)
    rows: list[Row] = [
        {
            "picture": title,
            "one": str(times[f"{title}: 1"].wall),
            "two": str(times[f"{title}: 2"].wall),
            "two / one": times[f"{title}: 2"].wall.median / times[f"{title}: 1"].wall.median,
        }
        for title in pictures
    ]
    note = "Milliseconds of the whole by the clock: median, quartiles."
    return Section(f"One thread and two, {detector}", note, rows)
