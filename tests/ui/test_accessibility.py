"""Every main state of the page, looked through by axe-core: light on a laptop, dark on a phone.

Colours depend on the theme and layout on the width, so that these two looks see all four.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.ui.conftest import visiting
from tests.ui.states import STATES

pytestmark = pytest.mark.browser

LOOKS = (("light", 1440), ("dark", 390))

# The theme's colours fade in; axe would measure them on their way.
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"


@pytest.fixture(scope="module")
def visit(browser: Any, url: str) -> Iterator[Any]:
    """A page that goes from state to state, with axe-core in it."""
    with visiting(browser, url) as page:
        page.add_style_tag(content=STILL)
        page.evaluate(Axe().axe_script)
        yield page


def severe(page: Any) -> list[str]:
    """What axe-core calls more than minor: the rule, where, and why."""
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [
        f"{violation['id']} at {node['target']}: {node['failureSummary']}"
        for violation in found
        if violation["impact"] != "minor"
        for node in violation["nodes"]
    ]


def look(page: Any, theme: str, width: int) -> list[str]:
    """The severe violations in a theme and at a width in pixels; and if something is cut off."""
    page.set_viewport_size({"width": width, "height": 844})
    page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
    # Gradio hides what reaches beyond the window, so that the page itself is never wider.
    wider = page.evaluate("document.querySelector('.gradio-container').scrollWidth") > width
    return severe(page) + ["wider than its window"] * wider


def test_what_is_wrong_is_found(visit: Any) -> None:
    visit.evaluate("document.body.insertAdjacentHTML('beforeend', '<img id=bad src=data:,>')")
    found = severe(visit)
    visit.evaluate("document.querySelector('#bad').remove()")
    assert any(problem.startswith("image-alt at ['#bad']") for problem in found)


@pytest.mark.parametrize("state", STATES)
def test_no_state_has_a_severe_violation(visit: Any, state: str) -> None:
    STATES[state](visit)
    assert [(theme, look(visit, theme, width)) for theme, width in LOOKS] == [
        ("light", []),
        ("dark", []),
    ]
