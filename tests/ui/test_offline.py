"""The page asks nobody but its own server, whatever a visitor does on it."""

from typing import Any

import pytest

from tests.ui.conftest import Elsewhere, visiting
from tests.ui.states import STATES

pytestmark = pytest.mark.browser


def test_no_request_leaves_the_host(browser: Any, url: str, elsewhere: Elsewhere) -> None:
    """Chromium sends everything that is not for this machine to the proxy, connections too."""
    proxy = {"server": f"http://127.0.0.1:{elsewhere.server_port}", "bypass": "127.0.0.1"}
    # Without the page's policy, which would hide what it tries (tests/ui/test_hostile_page.py).
    with visiting(browser, url, proxy=proxy, bypass_csp=True) as page:
        for reach in STATES.values():
            reach(page)
        page.wait_for_load_state("networkidle")
        # Some builds of Chromium ask their maker about the fields of any page.
        assert [asked for asked in elsewhere.asked if "content-autofill" not in asked] == []
        # And had there been one, it would stand here.
        page.evaluate("fetch('http://elsewhere.example/').catch(() => null)")
        assert elsewhere.asked[-1] == "GET http://elsewhere.example/ HTTP/1.1"
