"""Visitors who use everything, one after the other: what they leave behind, on disk and in memory.

EMOTION_SESSION_MINUTES=10 python -m pytest tests/ui/test_session.py -s

lets them come for ten minutes and prints the server's memory after each; otherwise it is a few.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.ui.own_server import Server, running
from tests.ui.states import STATES

# Uploads are deleted after seconds instead of minutes.
SOON = "import ui.page; ui.page.SWEEP_EVERY, ui.page.SWEEP_AGE = 1, 2"

MINUTES = float(os.environ.get("EMOTION_SESSION_MINUTES", "0"))
ROUNDS = 3
# The first visitors fill caches and the allocator's arenas: examples, a video encoder, threads.
WARM_UP = 1
# MB a visitor: a server that kept one's pictures and film as they lie in memory would keep more.
GROWTH = 30

# Where pictures are sent. A picture, a clip, and the batch tab's three are uploaded.
SENDING = ("image-result", "image-no-face", "webcam-running", "video-result", "batch-result")
UPLOADS = 5
CAMERA_SECONDS = 1


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    # With an arena for each of its 40 threads, the allocator takes long to show what is kept.
    with running(tmp_path, SOON, MALLOC_ARENA_MAX="2") as server:
        yield server


def visit(browser: Any, url: str) -> int:
    """Someone comes, shows it what they have, and goes; the number of files that they sent."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(90_000)
    page = context.new_page()
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto(url)
    page.locator(".example").first.wait_for()
    for name in SENDING:
        STATES[name](page)
        if name == "webcam-running":
            page.wait_for_timeout(1000 * CAMERA_SECONDS)
    context.close()
    return sum(urlsplit(address).path.endswith("/upload") for address in sent)


@pytest.mark.browser
@pytest.mark.timeout(300 + 120 * MINUTES)
def test_visitors_leave_nothing_behind(browser: Any, server: Server) -> None:
    memory: list[float] = []
    end = time.monotonic() + 60 * MINUTES
    while len(memory) < ROUNDS or time.monotonic() < end:
        assert visit(browser, server.url) == UPLOADS
        memory.append(server.memory())
        print(f"visitor {len(memory)}: {memory[-1]:.0f} MB, {len(server.kept())} files")
    warm = memory[WARM_UP - 1 :]
    assert (warm[-1] - warm[0]) / (len(warm) - 1) < GROWTH
    assert server.kept_at_last() == []
