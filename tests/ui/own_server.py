"""The app in a process of its own, as `python app.py` starts it, and what it leaves there."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from tests.ui.conftest import files_in, free_port

ROOT = Path(__file__).parents[2]


class Server(NamedTuple):
    """A running app, where it may write files, and what it said."""

    url: str
    process: subprocess.Popen[bytes]
    files: Path
    log: Path

    def memory(self) -> float:
        """What it holds of the machine's memory, in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def kept(self) -> list[Path]:
        """Every file that it wrote and did not delete."""
        return sorted(files_in(self.files))

    def kept_at_last(self, seconds: float = 60) -> list[Path]:
        """The same, as soon as it is nothing."""
        deadline = time.monotonic() + seconds
        while self.kept() and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.kept()


@contextmanager
def running(folder: Path, before: str, **settings: str) -> Iterator[Server]:
    """The app, with `before` run first, in a line of Python: for limits that tests can reach."""
    files, log, port = folder / "files", folder / "log", free_port()
    files.mkdir()
    places = {"GRADIO_TEMP_DIR": str(files / "gradio"), "TMPDIR": str(files)}
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", f"{before}; import app; app.main()"],
            cwd=ROOT,
            env=os.environ | places | settings | {"GRADIO_SERVER_PORT": str(port)},
            stdout=said,
            stderr=said,
        )
    server = Server(f"http://127.0.0.1:{port}", process, files, log)
    try:
        _wait_for(server)
        yield server
    finally:
        process.kill()
        process.wait()


def _wait_for(server: Server) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert server.process.poll() is None, server.log.read_text()
        try:
            with urlopen(f"{server.url}/healthz", timeout=10):
                return
        except (URLError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError("the app does not answer")
