"""The image tab: what the server answers, and the page in a real browser."""

import base64
import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from emotion import LABELS
from emotion.draw import annotate
from emotion.image import load_image
from emotion.report import COLUMNS
from tests.ui.conftest import save
from tests.ui.states import REFUSE

browser = pytest.mark.browser

SERVER = re.compile("component_server")
GROUP = Path(__file__).parents[2] / "examples" / "group.jpg"
NAME = "image-" + "0" * 32


def test_a_picture_is_answered_in_numbers_and_deleted(
    call: Any, upload: Any, astronaut: Path, recognizers: Any
) -> None:
    path = upload(astronaut.read_bytes(), NAME)
    answer = call("image", "read_picture", {"upload": NAME, "name": "me.jpg", "show": True})
    assert not path.exists()
    assert answer["record"]["image"] == "me.jpg"
    assert answer["picture"].startswith("data:image/jpeg")
    (face,), (prediction,) = answer["faces"], recognizers.default.recognize(astronaut)
    assert np.shape(face["attention"]) == (3, 3)
    assert face["attention"] == pytest.approx(prediction.attention, abs=0.006)
    assert face["crop"].startswith("data:image/jpeg")
    path = upload(b"not a picture", NAME)
    answer = call("image", "read_picture", {"upload": NAME, "settings": {"largest": 1}})
    assert (answer["problem"], path.exists()) == ("other", False)


def test_the_marked_picture_is_that_of_the_command_line(
    call: Any, upload: Any, astronaut: Path, recognizers: Any
) -> None:
    upload(astronaut.read_bytes(), NAME)
    faces = call("image", "read_picture", {"upload": NAME, "name": "me.jpg"})["faces"]
    path = upload(astronaut.read_bytes(), NAME)
    answer = call("image", "marked_picture", {"upload": NAME, "faces": faces})
    assert not path.exists()
    marked = PIL.Image.open(io.BytesIO(base64.b64decode(answer["picture"].partition(",")[2])))
    expected = annotate(load_image(astronaut), recognizers.default.recognize(astronaut))
    # But for JPEG, and boxes rounded to a tenth of a pixel.
    assert np.abs(np.asarray(marked, float) - expected).mean() < 3


@pytest.mark.parametrize("faces", [None, [{"box": [0, 0, 1]}], [{"box": ["a"] * 4}]])
def test_faces_that_are_none_are_refused(
    call: Any, upload: Any, astronaut: Path, faces: Any
) -> None:
    upload(astronaut.read_bytes(), NAME)
    answer = call("image", "marked_picture", {"upload": NAME, "faces": faces})
    assert answer["error"].startswith("there must be a picture")


def choose(page: Any, path: Path, faces: int | None = None) -> None:
    page.set_input_files("#image .files", path)
    if faces is not None:
        wait_for_boxes(page, faces)


def wait_for_boxes(page: Any, count: int) -> None:
    page.wait_for_function(
        """count => document.querySelector("#image .result").ariaBusy === "false"
        && document.querySelectorAll("#image .box").length === count""",
        arg=count,
    )


@browser
def test_faces_are_chosen_by_mouse_and_keys(page: Any, two_faces: Path) -> None:
    choose(page, two_faces, 2)
    boxes, radios = page.locator("#image .box"), page.locator("#image .tab input")
    boxes.nth(1).click()
    assert boxes.nth(1).get_attribute("aria-pressed") == "true"
    assert radios.nth(1).is_checked()
    radios.nth(1).press("ArrowLeft")
    assert boxes.nth(0).get_attribute("aria-pressed") == "true"
    # They lie where the faces are.
    picture = page.locator("#image .picture").bounding_box()
    places = [box.bounding_box() for box in page.locator("#image .box").all()]
    middles = [(p["x"] + p["width"] / 2 - picture["x"]) / picture["width"] for p in places]
    # The astronaut's face is at 0.44 of her picture's width, and mirrored at 0.56.
    assert sorted(middles) == pytest.approx([0.22, 0.78], abs=0.02)


@browser
def test_without_a_face_fainter_ones_are_offered(page: Any, no_faces: Path) -> None:
    choose(page, no_faces)
    page.get_by_role("button", name="Show fainter faces").click()
    page.wait_for_function("location.search === '?min_score=0.5'")
    page.get_by_role("button", name="Choose another file").wait_for()
    assert page.locator("#image .summary").text_content() == "No face found"
    assert not page.get_by_role("button", name="CSV").is_visible()


@browser
@pytest.mark.parametrize("locale", ["de"])
def test_an_error_stands_in_the_visitors_language_until_the_next_picture(
    page: Any, tmp_path: Path, two_faces: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    choose(page, broken)
    problem = page.get_by_role("alert").filter(has_text="broken.png lässt sich nicht")
    problem.wait_for()
    assert page.get_by_role("button", name="Andere Datei auswählen").is_visible()
    choose(page, two_faces, 2)
    assert not problem.is_visible()


@browser
def test_a_server_that_is_busy_or_lost_can_be_asked_again(
    page: Any, two_faces: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.image_tab.WAITING", 0)
    # As nginx answers by itself.
    page.route("**/upload", lambda route: route.fulfill(status=413))
    choose(page, two_faces)
    page.get_by_role("alert").filter(has_text="larger than the server in front").wait_for()
    page.unroute("**/upload")
    choose(page, two_faces)
    page.get_by_role("alert").filter(has_text="Many people").wait_for()
    for way in ("**/upload", "**/component_server/"):
        page.route(way, lambda route: route.fulfill(status=502))
        page.get_by_role("button", name="Try again").click()
        page.get_by_role("alert").filter(has_text="can’t be reached").wait_for()
        page.unroute(way)
        page.get_by_role("button", name="Try again").click()
        page.get_by_role("alert").filter(has_text="Many people").wait_for()
    # Gradio would tell it too, in English, and for ten seconds.
    assert not page.get_by_text("HTTP 502").is_visible()
    monkeypatch.undo()
    page.get_by_role("button", name="Try again").click()
    wait_for_boxes(page, 2)


def saved(page: Any, button: str) -> Path:
    with page.expect_download() as download:
        page.locator("#image").get_by_role("button", name=button).click()
    return Path(download.value.path())


@browser
def test_what_is_saved_is_what_the_command_line_writes(page: Any) -> None:
    page.get_by_role("button", name="Astronaut").click()
    wait_for_boxes(page, 1)
    labels = page.locator("#image .bar").evaluate_all("bars => bars.map(b => b.dataset.label)")
    assert labels == list(LABELS)
    record = json.loads(saved(page, "JSON").read_text())
    assert record["image"] == "astronaut.jpg"
    assert list(record["faces"][0]["probabilities"]) == list(LABELS)
    (row,) = csv.DictReader(saved(page, "CSV").read_text("utf-8-sig").splitlines())
    assert tuple(row) == (*COLUMNS, "note")
    assert row["label"] == record["faces"][0]["label"]
    with PIL.Image.open(saved(page, "Save picture")) as marked:
        assert marked.size == (512, 512)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy picture").click()
    page.get_by_role("status").filter(has_text="Copied").wait_for()
    types = "navigator.clipboard.read().then(items => items.flatMap(item => item.types))"
    assert "image/png" in page.evaluate(types)


@browser
def test_what_counted_is_a_detail_of_each_face(page: Any, two_faces: Path) -> None:
    choose(page, two_faces, 2)
    page.get_by_text("What counted", exact=True).click()
    said = page.locator("#image .strongest .bar-label").text_content()
    words = page.locator(".closer p").filter(has_text=f"“{said}”")
    words.wait_for()
    pixels = "document.querySelector('.closer canvas').getContext('2d').getImageData(0, 0, 3, 3)"
    opacities = page.evaluate(f"[...{pixels}.data].filter((_, index) => index % 4 === 3)")
    assert len(opacities) == 9
    assert 130 < min(opacities) <= max(opacities) < 170


@browser
def test_settings_count_for_the_picture_that_is_shown(page: Any) -> None:
    choose(page, GROUP, 4)
    page.locator("#settings-panel > button").click()
    slider, said = page.get_by_label("Uncertain below").first, "No expression reaches 95% here."
    # Gradio's slider may take back what is typed in the instant that the panel opens.
    while not page.get_by_text(said).count():
        slider.fill("0.95")
        page.wait_for_timeout(500)
    # The picture is sent again: the server has deleted it.
    page.get_by_label("Only the largest face").check()
    wait_for_boxes(page, 1)


@browser
def test_the_later_of_two_pictures_is_shown(page: Any, two_faces: Path, astronaut: Path) -> None:
    held: list[Any] = []
    page.route(SERVER, lambda route: route.continue_() if held else held.append(route))
    choose(page, two_faces)
    while not held:
        page.wait_for_timeout(20)
    choose(page, astronaut, 1)
    held[0].continue_()
    page.wait_for_load_state("networkidle")
    assert page.locator("#image .box").count() == 1


@browser
def test_a_picture_chosen_before_the_script_is_there_is_read(
    page: Any, url: str, two_faces: Path
) -> None:
    held: list[Any] = []
    page.route("**/image.js", lambda route: held.append(route))  # noqa: PLW0108
    page.goto(url)
    page.locator("#image .files").wait_for(state="attached")
    page.set_input_files("#image .files", two_faces)
    held[0].continue_()
    wait_for_boxes(page, 2)


@browser
def test_large_pictures_are_shrunk_before_they_are_sent(page: Any, tmp_path: Path) -> None:
    large = save(np.full((4000, 5000, 3), 90, np.uint8), tmp_path / "large.png")
    with page.expect_response(SERVER) as answer:
        choose(page, large)
    read = answer.value.json()["record"]
    assert read["width"] / read["height"] == pytest.approx(5 / 4, abs=0.01)
    assert 11.9e6 < read["width"] * read["height"] <= 12.1e6


@browser
def test_heic_without_a_type_is_read_by_the_server(page: Any, astronaut: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    heic = io.BytesIO()
    pillow_heif.from_pillow(PIL.Image.open(astronaut)).save(heic)
    file = {"name": "IMG_0001.HEIC", "mimeType": "", "buffer": heic.getvalue()}
    page.set_input_files("#image .files", file)
    page.locator("#image .box").first.wait_for()
    assert page.locator("#image .picture img").get_attribute("src").startswith("data:")


@browser
def test_a_still_from_the_camera_is_a_picture_and_a_refusal_explained(page: Any) -> None:
    page.get_by_role("button", name="Use the camera").click()
    page.wait_for_function("document.querySelector('#image video').videoWidth > 0")
    page.get_by_role("button", name="Take the picture").click()
    wait_for_boxes(page, 1)
    assert not page.locator("#image .camera").is_visible()
    page.evaluate(REFUSE)
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_role("alert").filter(has_text="Allow it").wait_for()
    page.locator("#image .put-away").click()
    assert not page.locator("#image .camera").is_visible()


# A paste, or a drop, of a picture far from the field for it.
SEND = """([kind, name, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type: "" }));
  const options = { bubbles: true, cancelable: true };
  return document.querySelector("#head").dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: carried })
    : new DragEvent("drop", { ...options, dataTransfer: carried }));
}"""


@browser
def test_files_may_be_pasted_or_dropped_anywhere(
    page: Any, two_faces: Path, astronaut: Path
) -> None:
    for kind, path, faces in (("paste", two_faces, 2), ("drop", astronaut, 1)):
        page.evaluate(SEND, [kind, path.name, base64.b64encode(path.read_bytes()).decode()])
        wait_for_boxes(page, faces)
    page.get_by_role("tab", name="About").click()
    # False: the browser does not leave the page for the file.
    assert page.evaluate(SEND, ["drop", "a.png", ""]) is False
    page.get_by_role("alert").filter(has_text="This tab takes no files").wait_for()


@browser
def test_a_crowd_is_summed_up_sorted_and_looked_at_closely(
    page: Any, astronaut_image: np.ndarray, tmp_path: Path
) -> None:
    choose(page, save(np.tile(astronaut_image, (2, 4, 1)), tmp_path / "crowd.png"), 8)
    assert page.locator(".crowd .headline").text_content() == "8 faces"
    counts = page.locator(".counts").text_content()
    assert sum(int(part.split()[0]) for part in counts.split(", ")) == 8
    page.get_by_label("Sort by").select_option("certainty")
    names = page.locator("#image .tab").evaluate_all("tabs => tabs.map(tab => tab.title)")
    certainty = [int(name.split()[-1].rstrip("%")) for name in names]
    assert certainty == sorted(certainty, reverse=True)
    stage, picture = page.locator("#image .stage"), page.locator("#image .picture")
    before = picture.bounding_box()["width"]
    stage.focus()
    page.keyboard.press("+")
    assert picture.bounding_box()["width"] == pytest.approx(1.5 * before, abs=2)
    page.locator("#image .tab").last.click()
    chosen = page.locator("#image .box[aria-pressed=true]").bounding_box()
    frame = stage.bounding_box()
    assert frame["x"] <= chosen["x"] + 1
    assert chosen["x"] + chosen["width"] <= frame["x"] + frame["width"] + 1
    page.get_by_role("button", name="Whole picture").click()
    assert picture.bounding_box()["width"] == pytest.approx(before, abs=2)


@browser
def test_names_stay_in_the_picture_and_apart(page: Any, two_faces: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    choose(page, two_faces, 2)
    page.evaluate("document.documentElement.lang = 'de'")  # has the longest names
    page.get_by_text("Bild speichern").wait_for()
    stage = page.locator("#image .stage").bounding_box()
    names = [name.bounding_box() for name in page.locator("#image .box-name").all()]
    assert len(names) == 2
    for name in names:
        assert stage["x"] <= name["x"]
        assert name["x"] + name["width"] <= stage["x"] + stage["width"] + 1  # rounding
        assert stage["y"] <= name["y"]
    shown = page.locator("#image .box:not(.name-waits)").count()
    left, right = sorted(names, key=lambda name: name["x"])
    assert shown == (2 if left["x"] + left["width"] <= right["x"] else 1)


@browser
def test_a_result_fits_the_window(page: Any, tmp_path: Path) -> None:
    choose(page, save(np.full((900, 300, 3), 128, np.uint8), tmp_path / "tall.png"), 0)
    assert page.evaluate("scrollY") == 0
    stage = page.locator("#image .stage").bounding_box()
    assert stage["y"] + stage["height"] <= 900
