"""What the page keeps, shares and shows, whatever the tab."""

from typing import Any

import gradio as gr
import pytest

from ui.limits import CLIP_BYTES, WAITING
from ui.page import launch_options
from ui.settings import Recognizers
from ui.text import TEXTS


def test_nothing_is_kept_or_shared_and_no_more_wait_than_can_be_served(
    served: gr.Blocks, recognizers: Recognizers
) -> None:
    options = launch_options(recognizers)
    assert (options["run_history"], options["share"]) == (False, False)
    assert options["max_file_size"] == CLIP_BYTES
    assert served._queue.max_size == WAITING


@pytest.mark.browser
def test_the_page_says_what_it_is_and_is_not(page: Any) -> None:
    foot = page.locator("#foot").text_content()
    assert "uploaded files are deleted" in foot
    assert "prohibited" in foot


@pytest.mark.browser
@pytest.mark.parametrize(
    ("locale", "shown", "spoken"),
    [("de-AT", "de", "de"), ("es", "es", "es"), ("fr-CA", "fr", "fr"), ("ja", "ja", "en")],
)
def test_the_page_speaks_the_visitors_language(page: Any, shown: str, spoken: str) -> None:
    """Gradio speaks Japanese too; what we do not speak is English, and says that it is."""
    title = TEXTS["page.title"][spoken]
    assert page.title() == title
    assert page.get_by_role("heading", level=1).text_content() == title
    assert page.get_by_role("tab").first.text_content() == TEXTS["page.image"][spoken]
    assert page.evaluate("document.documentElement.lang") == shown
    assert page.locator("#head").get_attribute("lang") == spoken


@pytest.mark.browser
def test_every_text_is_filled_and_follows_gradios_language(page: Any) -> None:
    words = "() => [...document.querySelectorAll('[data-text]')].map(e => e.textContent)"
    assert "" not in page.evaluate(words)
    # What Gradio does when another language is chosen in its settings.
    page.evaluate("document.documentElement.setAttribute('lang', 'de')")
    page.wait_for_function(f"document.title === '{TEXTS['page.title']['de']}'")
    assert TEXTS["image.choose"]["de"] in page.evaluate(words)


@pytest.mark.browser
def test_nothing_moves_for_who_asked_for_that(page: Any) -> None:
    longest = """() => Math.max(...[...document.querySelectorAll(".gradio-container *")].flatMap(
        e => [getComputedStyle(e).transitionDuration, getComputedStyle(e).animationDuration])
        .flatMap(durations => durations.split(",")).map(parseFloat))"""
    assert page.evaluate(longest) > 0.01
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(longest) <= 0.001
