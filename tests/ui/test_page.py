"""What the page keeps, shares and shows, whatever the tab."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio_client import Client, handle_file

import ui.page
from ui.page import launch_options
from ui.settings import Recognizers


def test_nothing_is_kept_or_shared(recognizers: Recognizers) -> None:
    options = launch_options(recognizers)
    assert options["run_history"] is False
    assert options["share"] is False
    assert options["max_file_size"] == "10mb"


def test_uploads_are_deleted_on_a_timer(
    launch: Callable[[], gr.Blocks],
    temp_folder: Path,
    two_faces: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ui.page, "DELETE_UPLOADS", (1, 3))
    client = Client(launch().local_url, verbose=False, analytics_enabled=False)
    mine = two_faces.rename(two_faces.with_name("soon-gone.png"))
    assert client.predict(handle_file(mine), api_name="/predict")["image"] == mine.name
    assert list(temp_folder.rglob(mine.name)) != []
    deadline = time.monotonic() + 60
    while list(temp_folder.rglob(mine.name)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert list(temp_folder.rglob(mine.name)) == []


@pytest.mark.browser
def test_the_page_says_what_it_is_and_is_not(page: Any) -> None:
    foot = page.locator("#foot").text_content()
    assert "uploaded files are deleted" in foot
    assert "prohibited" in foot
    assert page.get_by_role("button", name="Share").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_is_no_wider_than_its_window(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.get_by_role("button", name="Astronaut").click()
    page.wait_for_selector("#result .box")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
