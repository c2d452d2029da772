"""How many visitors the app serves: `python -m benchmarks.load`, on 127.0.0.1 only.

Without arguments 1, 4, 16 and 64 visitors upload and 1, 4 and 8 have their cameras on, a minute
each. Ten minutes of both kinds, some of their files damaged:

    python -m benchmarks.load --mixed 16 4 --bad 0.05 --seconds 600 --name load-mixed
"""

import argparse
import asyncio
import io
import os
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import Image

from benchmarks.detectors import RESULTS
from benchmarks.pictures import one_face
from benchmarks.section import Row, Section, write
from benchmarks.served import Served, started
from benchmarks.visitors import File, Outcome, Visitor, ask_predict, opened, uploads, watches

# Seconds between two looks at the server's memory.
LOOK = 0.5

WAYS: dict[str, Any] = {
    "uploading": uploads,
    "webcam": watches,
    "/predict": partial(uploads, send=ask_predict),
}


class Group(NamedTuple):
    """So many visitors who do the same."""

    way: str
    count: int


class Cost(NamedTuple):
    """Seconds until all were answered, the server's resident MB now and then, cores it used."""

    seconds: float
    looks: Sequence[float]
    cores: float


def good_file() -> File:
    """One face, 640x480, as a camera takes it."""
    bgr = cv2.cvtColor(one_face(640, 480), cv2.COLOR_RGB2BGR)
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return File("face.jpg", jpeg.tobytes())


def bad_files(good: File) -> list[File]:
    """Broken ones, and hostile ones: each must be answered with one sentence."""
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "png")
    contents = {
        "half.jpg": good.data[: len(good.data) // 2],
        "head.jpg": good.data[:20],
        "text.jpg": b"not a picture",
        "page.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "bomb.png": bomb.getvalue(),
        "archive.zip": b"PK\x03\x04" + bytes(100),
    }
    return [File(name, data, good=False) for name, data in contents.items()]


async def measure(
    served: Served, groups: Sequence[Group], seconds: float, bad: float
) -> tuple[list[list[Visitor]], Cost]:
    """The visitors of each group, all at the same time, and what they cost."""
    good = good_file()
    broken = bad_files(good)
    async with opened(served.url) as page:
        found = [
            [Visitor(page, good, broken, bad, seed) for seed in range(group.count)]
            for group in groups
        ]
        looks, start, cpu = [served.memory()], time.perf_counter(), served.cpu()
        watching = asyncio.create_task(_watch(served, looks))
        async with asyncio.TaskGroup() as tasks:
            for group, visitors in zip(groups, found, strict=True):
                for visitor in visitors:
                    tasks.create_task(WAYS[group.way](visitor, start + seconds))
        watching.cancel()
    took = time.perf_counter() - start
    return found, Cost(took, [*looks, served.memory()], (served.cpu() - cpu) / took)


async def _watch(served: Served, looks: list[float]) -> None:
    while True:
        await asyncio.sleep(LOOK)
        looks.append(served.memory())


def row(group: Group, visitors: Sequence[Visitor], cost: Cost) -> Row:
    """One line of the table. Milliseconds are those of a picture or frame with its result."""
    each = [visitor.outcomes for visitor in visitors]
    every = [outcome for outcomes in each for outcome in outcomes]
    counts = {kind: len(of_kind(every, kind)) for kind in ("served", "refused", "told", "error")}
    shares = [len(of_kind(outcomes, "served")) / cost.seconds for outcomes in each]
    return {
        "visitors": f"{group.count} {group.way}",
        "a second": counts["served"] / cost.seconds,
        "median ms": percentile(of_kind(every, "served"), 50),
        "95 % ms": percentile(of_kind(every, "served"), 95),
        "served": counts["served"],
        "refused": counts["refused"],
        "refused in ms, 95 %": percentile(of_kind(every, "refused"), 95),
        "told": counts["told"],
        "errors": counts["error"],
        "a second, least served": min(shares),
        "most served": max(shares),
        "cores": cost.cores,
        "MB at start": f"{cost.looks[0]:.0f}",
        "half-way": f"{cost.looks[len(cost.looks) // 2]:.0f}",
        "peak": f"{max(cost.looks):.0f}",
        "end": f"{cost.looks[-1]:.0f}",
    }


def of_kind(outcomes: Sequence[Outcome], kind: str) -> list[Outcome]:
    """Those that ended so."""
    return [outcome for outcome in outcomes if outcome.kind == kind]


def percentile(outcomes: Sequence[Outcome], share: int) -> str:
    """Of their milliseconds; a dash where there are none."""
    return f"{np.percentile([o.ms for o in outcomes], share):.0f}" if outcomes else "–"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write; 1 where anything went wrong."""
    options = _parser().parse_args(argv)
    app = nullcontext(Served(options.url)) if options.url else started()
    rows, errors = [], []
    start = time.process_time()
    with app as served:
        heading = _heading(served)
        for groups in _plan(options):
            found, cost = asyncio.run(measure(served, groups, options.seconds, options.bad))
            for group, visitors in zip(groups, found, strict=True):
                rows.append(row(group, visitors, cost))
                every = [outcome for visitor in visitors for outcome in visitor.outcomes]
                errors += [outcome.error for outcome in of_kind(every, "error")]
    section = Section("Visitors at once", _note(options, time.process_time() - start), rows)
    print(write(options.out, options.name, heading, [section]))
    for error in sorted(set(errors)):
        print(f"{errors.count(error)} times: {error}", file=sys.stderr)
    return 1 if errors else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.load", description=__doc__)
    many: dict[str, Any] = {"type": int, "nargs": "*", "metavar": "COUNT"}
    parser.add_argument("--uploading", help="visitors who upload", **many)
    parser.add_argument("--webcam", help="visitors whose camera is on", **many)
    parser.add_argument("--programs", help="programs that call /predict", **many)
    parser.add_argument("--mixed", type=int, nargs=2, metavar=("UPLOADING", "WEBCAM"))
    parser.add_argument("--seconds", type=float, default=60.0, help="a row; default: 60")
    parser.add_argument("--bad", type=float, default=0.0, help="share of broken files; default: 0")
    parser.add_argument("--url", help="an app that runs already; default: one is started")
    parser.add_argument("--name", default="load", help="of the files written; default: load")
    parser.add_argument("--out", type=Path, default=RESULTS, help="default: benchmarks/results")
    return parser


def _plan(options: argparse.Namespace) -> list[list[Group]]:
    """The groups of each row; those of the module's docstring where none was chosen."""
    chosen = {
        "uploading": options.uploading,
        "webcam": options.webcam,
        "/predict": options.programs,
    }
    if options.mixed is None and not any(chosen.values()):
        chosen |= {"uploading": [1, 4, 16, 64], "webcam": [1, 4, 8]}
    plan = [[Group(way, count)] for way, counts in chosen.items() for count in counts or []]
    if options.mixed:
        uploading, webcam = options.mixed
        plan.append([Group("uploading", uploading), Group("webcam", webcam)])
    return plan


def _heading(served: Served) -> str:
    about = served.about()
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    cores = os.cpu_count()
    return f"Load: {about['detector']}, model {about['model']}, {cores} cores, load {load}"


def _note(options: argparse.Namespace, cpu: float) -> str:
    bad = f", {options.bad:.0%} of their files broken" if options.bad else ""
    return (
        f"{options.seconds:g} s a row{bad}. Each uploads the next picture (640x480, one face) as "
        "soon as the last was answered; a refused one comes again after 1 to 3 s. Served: with its "
        "result; told: a broken file, named in one sentence. The visitors run on the same cores, "
        f"and took {cpu:.0f} s of them."
    )


if __name__ == "__main__":
    sys.exit(main())
