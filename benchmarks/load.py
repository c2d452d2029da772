"""How many visitors the app serves: `python -m benchmarks.load`, on 127.0.0.1 only.

By default 1, 4, 16 and 64 visitors upload pictures, then 1, 4 and 8 have their cameras on.
The visitors run on the same cores as the app.
"""

import argparse
import asyncio
import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import httpx
import numpy as np

from benchmarks.peers import ROOT, find_yunet_file
from benchmarks.speed import one_face
from benchmarks.tables import RESULTS, Row, Table, write

API = "/gradio_api"
START_SECONDS = 120
# Nobody waits longer for an answer: what takes longer counts as an error.
PATIENCE_SECONDS = 30.0
# A visitor who was refused comes again.
AGAIN_SECONDS = 2.0
LOOK_SECONDS = 0.5

Visit = Callable[[httpx.AsyncClient, bytes], Awaitable[str]]  # "served" or "refused"


class App(NamedTuple):
    """A running app."""

    url: str
    process: int

    def memory_mb(self) -> float:
        pages = int(Path(f"/proc/{self.process}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        # proc(5): utime and stime are fields 14 and 15; the name, cut off here, is field 2.
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running() -> Iterator[App]:
    """`python app.py` on a free port. Raises TimeoutError if it doesn't answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        settings = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port)}
        settings |= {"GRADIO_TEMP_DIR": folder}
        if yunet := find_yunet_file():
            settings["EMOTION_YUNET"] = str(yunet)
        with subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env=os.environ | settings,
            stdout=subprocess.DEVNULL,
        ) as process:
            try:
                url = f"http://127.0.0.1:{port}"
                _wait_for(url, process)
                yield App(url, process.pid)
            finally:
                process.kill()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            httpx.get(f"{url}/healthz", trust_env=False).raise_for_status()
            return
        time.sleep(0.2)
    raise TimeoutError("the app does not answer")


async def upload(client: httpx.AsyncClient, jpeg: bytes) -> str:
    """A picture through /predict, as a program sends it."""
    sent = await client.post(f"{API}/upload", files={"files": ("face.jpg", jpeg)})
    (path,) = sent.raise_for_status().json()
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    asked = await client.post(f"{API}/call/predict", json={"data": [file]})
    if asked.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return "refused"
    event = asked.raise_for_status().json()["event_id"]
    answer = await client.get(f"{API}/call/predict/{event}")
    kind, _, data = answer.text.strip().partition("\ndata: ")
    if kind != "event: complete" or not json.loads(data)[0]["faces"]:
        raise ValueError(answer.text)
    return "served"


def camera(component: int) -> Visit:
    """A frame from the webcam tab, as its script sends it."""
    visitors: dict[httpx.AsyncClient, str] = {}

    async def send(client: httpx.AsyncClient, jpeg: bytes) -> str:
        visitor = visitors.setdefault(client, f"visitor-{len(visitors)}")
        frame = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
        body = {
            "data": {"camera": visitor, "image": frame, "smoothing": 0.5, "settings": {}},
            "component_id": component,
            "fn_name": "recognize_frame",
            "session_hash": visitor,
        }
        answer = await client.post(f"{API}/component_server", json=body)
        said = answer.raise_for_status().json()
        if said.get("busy"):
            return "refused"
        if not said["faces"]:
            raise ValueError("no face in the frame")
        return "served"

    return send


class Counts:
    """How visits ended."""

    def __init__(self) -> None:
        self.ms: list[float] = []
        self.refused = 0
        self.errors: list[str] = []


async def visit(url: str, send: Visit, jpeg: bytes, end: float, again: float) -> Counts:
    """Send one picture after the other, each when the last was answered."""
    counts = Counts()
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS, trust_env=False) as client:
        while (start := time.perf_counter()) < end:
            try:
                ended = await send(client, jpeg)
            except (httpx.HTTPError, ValueError, KeyError) as error:
                counts.errors.append(f"{type(error).__name__}: {error}")
                continue
            if ended == "served":
                counts.ms.append(1000 * (time.perf_counter() - start))
            else:
                counts.refused += 1
                await asyncio.sleep(again)
    return counts


async def measure(app: App, send: Visit, visitors: int, seconds: float, again: float) -> Row:
    """One row: all visitors at the same time."""
    bgr = cv2.cvtColor(one_face(640, 480), cv2.COLOR_RGB2BGR)
    jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
    start, cpu, memory = time.perf_counter(), app.cpu_seconds(), [app.memory_mb()]
    visits = [visit(app.url, send, jpeg, start + seconds, again) for _ in range(visitors)]
    work = asyncio.gather(*visits)
    while not work.done():
        await asyncio.wait([work], timeout=LOOK_SECONDS)
        memory.append(app.memory_mb())
    took, each = time.perf_counter() - start, work.result()
    ms = [value for counts in each for value in counts.ms]
    for error in sorted({error for counts in each for error in counts.errors}):
        print(error, file=sys.stderr)
    return {
        "visitors": visitors,
        "a second": round(len(ms) / took, 1),
        "median ms": round(float(np.median(ms))) if ms else "",
        "95 % ms": round(float(np.percentile(ms, 95))) if ms else "",
        "served": len(ms),
        "refused": sum(counts.refused for counts in each),
        "errors": sum(len(counts.errors) for counts in each),
        "least served, a second": round(min(len(counts.ms) for counts in each) / took, 2),
        "cores": round((app.cpu_seconds() - cpu) / took, 2),
        "MB at start": round(memory[0]),
        "peak MB": round(max(memory)),
    }


def webcam_component(url: str) -> int:
    """The number of the webcam tab's component."""
    config: dict[str, Any] = httpx.get(f"{url}/config", trust_env=False).json()
    parts = config["components"]
    return next(int(part["id"]) for part in parts if part["props"].get("elem_id") == "webcam")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write benchmarks/results/load.*; 1 if any visit ended in an error."""
    parser = argparse.ArgumentParser("python -m benchmarks.load", description=__doc__)
    parser.add_argument("--uploading", type=int, nargs="*", default=[1, 4, 16, 64])
    parser.add_argument("--webcam", type=int, nargs="*", default=[1, 4, 8])
    parser.add_argument("--seconds", type=float, default=60.0, help="a row; default: 60")
    parser.add_argument("--out", type=Path, default=RESULTS, help="default: benchmarks/results")
    options = parser.parse_args(argv)
    with running() as app:
        frame = camera(webcam_component(app.url))
        plans: list[tuple[str, Visit, list[int], float]] = [
            ("Uploading", upload, options.uploading, AGAIN_SECONDS),
            ("Webcam", frame, options.webcam, 0.1),
        ]
        tables = []
        for title, send, counts, again in plans:
            rows = [
                asyncio.run(measure(app, send, count, options.seconds, again)) for count in counts
            ]
            note = (
                f"{options.seconds:g} s a row. Each visitor sends the next picture (640x480, one "
                f"face) when the last was answered, and {again:g} s after being refused."
            )
            tables.append(Table(title, note, rows))
    print(write("load", tables, options.out))
    return 1 if any(row["errors"] for table in tables for row in table.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
