"""The page asks nobody but its own server, whatever a visitor does on it."""

import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.states import STATES

pytestmark = pytest.mark.browser


class Outside(socketserver.ThreadingTCPServer):
    """Stands in for the rest of the world: a proxy that notes what it is asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Refusal)
        self.asked: list[str] = []


class Refusal(socketserver.StreamRequestHandler):
    """One request of the browser, noted and refused."""

    server: Outside

    def handle(self) -> None:
        self.server.asked.append(self.rfile.readline().decode("latin-1").strip())
        self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def outside() -> Iterator[Outside]:
    with Outside() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_no_request_leaves_the_host(browser: Any, url: str, outside: Outside) -> None:
    """Chromium sends everything that is not for this machine to the proxy, connections too."""
    proxy = {"server": "http://{}:{}".format(*outside.server_address), "bypass": "127.0.0.1"}
    # Without the page's policy, which would hide what it tries (tests/ui/test_hostile_page.py).
    context = browser.new_context(proxy=proxy, bypass_csp=True)
    context.set_default_timeout(90_000)
    page = context.new_page()
    page.goto(url)
    page.locator(".example").first.wait_for()
    for reach in STATES.values():
        reach(page)
    page.wait_for_load_state("networkidle")
    # Some builds of Chromium ask their maker about the fields of any page.
    assert [asked for asked in outside.asked if "content-autofill" not in asked] == []
    # And had there been one, it would stand here.
    page.evaluate("fetch('http://elsewhere.example/').catch(() => null)")
    assert outside.asked[-1] == "GET http://elsewhere.example/ HTTP/1.1"
    context.close()
