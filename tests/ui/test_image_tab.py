"""The image tab, in a real browser."""

import base64
import csv
import json
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from emotion import LABELS, EmotionRecognizer, FacePrediction
from emotion.crop import frame_of
from emotion.report import COLUMNS
from tests.ui.tools import files_in
from ui.image_tab import photo_view
from ui.photo import Photo, read_photo

browser = pytest.mark.browser


def test_what_counted_is_sent_where_the_model_says_it(
    explaining_model: Path, astronaut: Path
) -> None:
    photo = read_photo(EmotionRecognizer(explaining_model), astronaut, "astronaut.jpg")
    (face,) = photo_view(photo)["faces"]
    (prediction,) = photo.predictions
    assert np.shape(face["attention"]) == (3, 3)
    assert face["attention"] == pytest.approx(prediction.attention, abs=0.006)
    assert face["frame"] == pytest.approx(frame_of(prediction.face.box), abs=0.06)
    silent = FacePrediction(prediction.face, prediction.probabilities)
    (face,) = photo_view(Photo("", photo.image, [silent], photo.ms))["faces"]
    assert face["attention"] is None


def upload(page: Any, path: Path) -> None:
    page.set_input_files("#picture input[type=file]", path)


def bars(page: Any) -> list[str]:
    return page.locator(".panel:visible .bar").evaluate_all(
        "bars => bars.map(b => b.dataset.label)"
    )


@browser
def test_an_example_shows_its_face_and_seven_bars_in_order(page: Any) -> None:
    page.get_by_role("button", name="Astronaut").click()
    page.wait_for_selector("#result .box")
    assert page.locator("#result .box").count() == 1
    assert bars(page) == list(LABELS)
    assert page.locator(".panel:visible .strongest").count() == 1


@browser
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


@browser
def test_the_keyboard_walks_through_the_faces(page: Any, two_faces: Path) -> None:
    upload(page, two_faces)
    page.locator(".tab").nth(0).focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#face-panel-1").is_visible()
    assert page.evaluate("document.activeElement.id") == "face-tab-1"
    page.locator("#result .box").nth(0).focus()
    page.keyboard.press("Enter")
    assert page.locator("#face-panel-0").is_visible()


@browser
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


@browser
def test_no_face_is_said_kindly(page: Any, no_faces: Path) -> None:
    upload(page, no_faces)
    page.get_by_text("It helps when").wait_for()
    assert page.locator("#result .box").count() == 0
    assert page.locator(".summary").text_content() == "No face found"
    assert not page.get_by_role("button", name="Save as CSV").is_visible()


@browser
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


@browser
def test_another_picture_starts_over(page: Any, no_faces: Path) -> None:
    upload(page, no_faces)
    page.get_by_role("button", name="Another picture").click()
    page.locator("#picture").wait_for()
    assert not page.locator("#result .result").is_visible()


@browser
def test_a_name_with_markup_stays_text(page: Any, no_faces: Path) -> None:
    odd = no_faces.with_name("${alert(1)} <img src=x onerror=alert(2)>.png")
    no_faces.rename(odd)
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    upload(page, odd)
    page.wait_for_selector("#result .stage img")
    assert page.locator("#result .stage img").count() == 1
    assert page.locator("#result img[src='x']").count() == 0
    assert said == []


def saved(page: Any, button: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return Path(download.value.path()).read_text()


@browser
def test_what_is_saved_is_what_the_command_line_writes(page: Any) -> None:
    page.get_by_role("button", name="Astronaut").click()
    record = json.loads(saved(page, "Save as JSON"))
    assert record["image"] == "astronaut.jpg"
    assert list(record["faces"][0]["probabilities"]) == list(LABELS)
    (row,) = csv.DictReader(saved(page, "Save as CSV").splitlines())
    assert tuple(row) == COLUMNS
    assert row["label"] == record["faces"][0]["label"]


@browser
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


@browser
def test_what_counted_lies_over_the_focused_face(page: Any, two_faces: Path) -> None:
    upload(page, two_faces)
    page.get_by_label("Show which parts counted").check()
    heat, legend = page.locator(".heat-layer canvas"), page.locator(".meaning")
    first, box = heat.bounding_box(), page.locator("#result .box").nth(0).bounding_box()
    assert first["width"] == pytest.approx(first["height"], abs=1)
    middles = [place["x"] + place["width"] / 2 for place in (first, box)]
    assert middles[0] == pytest.approx(middles[1], abs=2)
    said = page.locator(".panel:visible .strongest .bar-label").text_content()
    assert f"“{said}”" in legend.text_content()
    assert "3 × 3 fields" in legend.text_content()
    page.locator(".tab").nth(1).click()
    assert abs(heat.bounding_box()["x"] - first["x"]) > first["width"]
    page.get_by_label("Show which parts counted").uncheck()
    assert not heat.is_visible()


@browser
def test_names_stay_in_the_picture_and_apart(page: Any, two_faces: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    upload(page, two_faces)
    page.wait_for_selector("#result .box")
    page.evaluate("document.documentElement.lang = 'de'")  # has the longest names
    page.get_by_role("button", name="Anderes Bild").wait_for()
    stage = page.locator("#result .stage").bounding_box()
    names = [name.bounding_box() for name in page.locator("#result .box-name").all()]
    assert len(names) == 2
    for name in names:
        assert stage["x"] <= name["x"]
        assert name["x"] + name["width"] <= stage["x"] + stage["width"] + 1  # rounding
        assert stage["y"] <= name["y"]
    shown = page.locator("#result .box:not(.name-waits)").count()
    left, right = sorted(names, key=lambda name: name["x"])
    assert shown == (2 if left["x"] + left["width"] <= right["x"] else 1)


@browser
def test_settings_count_for_the_picture_that_is_shown(page: Any, two_faces: Path) -> None:
    upload(page, two_faces)
    page.wait_for_selector("#result .box")
    page.locator("#settings > button").click()
    page.get_by_label("Uncertain below").first.fill("0.95")
    page.get_by_text("No expression reaches 95% here.").first.wait_for()
    assert page.locator(".panel:visible .headline").text_content().startswith("Uncertain, perhaps")
    page.get_by_label("Only the largest face").check()
    page.wait_for_function("document.querySelectorAll('#result .box').length === 1")
    page.locator("#examples button").nth(0).click()
    page.get_by_alt_text("The picture astronaut.jpg").wait_for()
    page.get_by_label("Only the largest face").uncheck()
    page.wait_for_load_state("networkidle")
    assert page.get_by_alt_text("The picture astronaut.jpg").is_visible()


@browser
def test_a_picture_that_was_deleted_meanwhile_is_asked_for_again(
    page: Any, two_faces: Path, temp_folder: Path
) -> None:
    mine = two_faces.rename(two_faces.with_name("deleted-soon.png"))
    upload(page, mine)
    page.wait_for_selector("#result .box")
    (kept,) = (path for path in files_in(temp_folder) if path.name == mine.name)
    kept.unlink()
    page.locator("#settings > button").click()
    page.get_by_label("Only the largest face").check()
    toast = page.get_by_test_id("toast-text")
    toast.wait_for()
    assert "deleted-soon.png was deleted from the server meanwhile" in toast.text_content()
    assert page.locator("#result .box").count() == 2


# A paste, or a drop, of a picture far from the field for it.
SEND = """([kind, name, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type: "image/png" }));
  const options = { bubbles: true, cancelable: true };
  document.querySelector("#head").dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: carried })
    : new DragEvent("drop", { ...options, dataTransfer: carried }));
}"""


@browser
def test_a_picture_may_be_pasted_or_dropped_anywhere(
    page: Any, two_faces: Path, no_faces: Path
) -> None:
    for kind, path in (("paste", two_faces), ("drop", no_faces)):
        content = base64.b64encode(path.read_bytes()).decode()
        page.evaluate(SEND, [kind, path.name, content])
        page.get_by_alt_text(f"The picture {path.name}").wait_for()
    assert page.get_by_text("It helps when").is_visible()
