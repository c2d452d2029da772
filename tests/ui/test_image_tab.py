"""The image tab, in a real browser."""

import csv
import json
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from emotion import LABELS
from emotion.report import COLUMNS

pytestmark = pytest.mark.browser


def upload(page: Any, path: Path) -> None:
    page.set_input_files("#picture input[type=file]", path)


def bars(page: Any) -> list[str]:
    return page.locator(".panel:visible .bar").evaluate_all(
        "bars => bars.map(b => b.dataset.label)"
    )


def test_an_example_shows_its_face_and_seven_bars_in_order(page: Any) -> None:
    page.get_by_role("button", name="Astronaut").click()
    page.wait_for_selector("#result .box")
    assert page.locator("#result .box").count() == 1
    assert bars(page) == list(LABELS)
    assert page.locator(".panel:visible .strongest").count() == 1


def test_an_upload_shows_every_face_and_a_click_changes_the_bars(
    page: Any, two_faces: Path
) -> None:
    upload(page, two_faces)
    page.wait_for_selector("#result .box")
    assert page.locator("#result .box").count() == 2
    assert page.locator(".tab").count() == 2
    assert page.locator("#face-panel-0").is_visible()
    page.locator("#result .box").nth(1).click()
    assert page.locator("#face-panel-1").is_visible()
    assert not page.locator("#face-panel-0").is_visible()
    page.locator(".tab").nth(0).click()
    assert page.locator("#face-panel-0").is_visible()
    assert page.locator("#result .box").nth(0).get_attribute("aria-pressed") == "true"


def test_the_keyboard_walks_through_the_faces(page: Any, two_faces: Path) -> None:
    upload(page, two_faces)
    page.locator(".tab").nth(0).focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#face-panel-1").is_visible()
    assert page.evaluate("document.activeElement.id") == "face-tab-1"
    page.locator("#result .box").nth(0).focus()
    page.keyboard.press("Enter")
    assert page.locator("#face-panel-0").is_visible()


def test_boxes_lie_where_the_faces_are(page: Any, two_faces: Path) -> None:
    upload(page, two_faces)
    page.wait_for_selector("#result .box")
    stage = page.locator("#result .stage").bounding_box()
    middles = []
    for box in page.locator("#result .box").all():
        place = box.bounding_box()
        middles.append((place["x"] + place["width"] / 2 - stage["x"]) / stage["width"])
    # The astronaut's face stands at 0.44 of her picture's width, and mirrored at 0.56.
    assert sorted(middles) == pytest.approx([0.22, 0.78], abs=0.02)


def test_no_face_is_said_kindly(page: Any, no_faces: Path) -> None:
    upload(page, no_faces)
    page.get_by_text("It helps when").wait_for()
    assert page.locator("#result .box").count() == 0
    assert page.locator(".summary").text_content() == "No face found."


def test_a_file_that_is_no_picture_gives_one_sentence(page: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    upload(page, broken)
    toast = page.get_by_test_id("toast-text")
    toast.wait_for()
    assert "broken.png" in toast.text_content()
    assert "/" not in toast.text_content()
    # The page is ready for the next one.
    page.locator("#picture input[type=file]").wait_for(state="attached")
    assert not page.locator("#result .result").is_visible()


def test_another_picture_starts_over(page: Any, no_faces: Path) -> None:
    upload(page, no_faces)
    page.get_by_role("button", name="Another picture").click()
    page.locator("#picture").wait_for()
    assert not page.locator("#result .result").is_visible()


def test_a_name_with_markup_stays_text(page: Any, no_faces: Path) -> None:
    odd = no_faces.with_name("${alert(1)} <img src=x onerror=alert(2)>.png")
    no_faces.rename(odd)
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    upload(page, odd)
    page.wait_for_selector("#result .stage img")
    assert page.locator("#result img").count() == 1
    assert said == []


def saved(page: Any, button: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return Path(download.value.path()).read_text()


def test_what_is_saved_is_what_the_command_line_writes(page: Any) -> None:
    page.get_by_role("button", name="Astronaut").click()
    record = json.loads(saved(page, "Save as JSON"))
    assert record["image"] == "Astronaut"
    assert list(record["faces"][0]["probabilities"]) == list(LABELS)
    (row,) = csv.DictReader(saved(page, "Save as CSV").splitlines())
    assert tuple(row) == COLUMNS
    assert row["label"] == record["faces"][0]["label"]


def test_the_server_forgets_a_result_once_it_is_shown(
    page: Any, served: gr.Blocks, two_faces: Path
) -> None:
    upload(page, two_faces)
    page.wait_for_selector("#result .box")
    page.wait_for_load_state("networkidle")
    kept = [
        values["props"].get("value")
        for session in served.state_holder.session_data.values()
        for values in session.config_values.values()
        if values["props"].get("elem_id") == "result"
    ]
    assert "shown" in kept
    assert not [value for value in kept if isinstance(value, dict)]
    assert page.locator("#result .box").count() == 2
