"""Visitors who use everything, one after the other: what they leave on disk and in memory."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.ui.conftest import visiting
from tests.ui.own_server import running
from tests.ui.states import STATES

# Uploads are deleted after seconds instead of minutes.
SOON = "import ui.page; ui.page.SWEEP_EVERY, ui.page.SWEEP_AGE = 1, 2"

VISITORS = 3
# MB a visitor, after the first, who fills caches: examples, a video encoder, threads. A server that
# kept one's pictures and film as they lie in memory would keep more.
GROWTH = 30

# Where pictures are sent: an example, a picture, a clip, and the batch tab's three.
SENDING = ("image-result", "image-no-face", "webcam-running", "video-result", "batch-result")
UPLOADS = 6


def visit(browser: Any, url: str) -> int:
    """Someone comes, shows it what they have, and goes; the number of files that they sent."""
    sent: list[str] = []

    def prepare(page: Any) -> None:
        page.on("request", lambda request: sent.append(request.url))

    with visiting(browser, url, prepare) as page:
        for name in SENDING:
            STATES[name](page)
    return sum(urlsplit(address).path.endswith("/upload") for address in sent)


@pytest.mark.browser
def test_visitors_leave_nothing_behind(browser: Any, tmp_path: Path) -> None:
    memory: list[float] = []
    # With an arena for each of its 40 threads, the allocator takes long to show what is kept.
    with running(tmp_path, SOON, MALLOC_ARENA_MAX="2") as server:
        for _ in range(VISITORS):
            assert visit(browser, server.url) == UPLOADS
            memory.append(server.memory())
        assert (memory[-1] - memory[0]) / (VISITORS - 1) < GROWTH
        assert server.kept_at_last() == []
