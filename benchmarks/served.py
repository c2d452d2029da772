"""The app as a process of its own, and what it holds of the machine's memory."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.detectors import find_yunet_file

ROOT = Path(__file__).parents[1]

# Seconds until it must answer; on an idle machine it takes five.
START = 120.0


class Served(NamedTuple):
    """A running app; without its process, nothing can be said of its memory."""

    url: str
    process: int | None = None

    def about(self) -> dict[str, str]:
        """What /healthz says: the model's version, and the detector."""
        with urlopen(f"{self.url}/healthz", timeout=10) as answer:
            said: dict[str, str] = json.load(answer)
        return said

    def memory(self) -> float:
        """Resident MB (10^6 bytes); nan where the process is not known."""
        if self.process is None:
            return float("nan")
        pages = int(Path(f"/proc/{self.process}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def cpu(self) -> float:
        """Seconds that it had of the cores so far; nan where the process is not known."""
        if self.process is None:
            return float("nan")
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        # proc(5): utime and stime are the 14th and 15th, and the name before them was the 2nd.
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def started() -> Iterator[Served]:
    """`python app.py` on a free port of 127.0.0.1, ended when it is no longer needed."""
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        places = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port)}
        places |= {"GRADIO_TEMP_DIR": folder, "GRADIO_ANALYTICS_ENABLED": "False"}
        if yunet := find_yunet_file():
            places["EMOTION_YUNET"] = str(yunet)
        with subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env=os.environ | places,
            stdout=subprocess.DEVNULL,
        ) as process:
            try:
                url = f"http://127.0.0.1:{port}"
                _wait_for(url, process)
                yield Served(url, process.pid)
            finally:
                process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"{url}/healthz", timeout=10):
                return
        except (URLError, TimeoutError):
            time.sleep(0.2)
    raise TimeoutError("the app does not answer")
