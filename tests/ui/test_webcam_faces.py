"""The webcam tab in a real browser: one face before the camera, two, none, and one that comes back.

Every test that needs no other film has the astronaut before its camera (conftest.py).
"""

import json
import re
from pathlib import Path
from typing import Any

import cv2
import pytest

from emotion import LABELS
from tests.ui.conftest import files_in

pytestmark = pytest.mark.browser

SERVER = re.compile("component_server")


def open_tab(page: Any) -> None:
    page.get_by_role("tab", name="Webcam").click()
    page.locator(".notice .start").wait_for()


def start(page: Any) -> None:
    open_tab(page)
    page.locator(".notice .start").click()
    page.wait_for_selector("#webcam .panel:not(.empty) .bar")


def percents(page: Any) -> list[str]:
    return page.locator("#webcam .bar-percent").all_text_contents()


def wait_for_boxes(page: Any, count: int) -> None:
    page.wait_for_function(
        "count => document.querySelectorAll('#webcam .box').length === count", arg=count
    )


def test_after_the_notice_a_face_before_the_camera_moves_the_bars(
    page: Any, temp_folder: Path
) -> None:
    before = files_in(temp_folder)
    open_tab(page)
    assert page.get_by_text("Nothing is stored").is_visible()
    assert page.evaluate("document.querySelector('#webcam video').srcObject") is None
    start(page)
    assert len(percents(page)) == 7
    assert page.locator("#webcam .box").count() == 1
    page.locator(".speed").filter(has_text="frames/s").wait_for()
    first = percents(page)
    # Frames are not written to disk.
    assert files_in(temp_folder) <= before
    page.wait_for_function(
        """first => JSON.stringify(first) !== JSON.stringify(
        [...document.querySelectorAll("#webcam .bar-percent")].map(bar => bar.textContent))""",
        arg=first,
    )


def test_the_last_minute_is_drawn_and_told_in_words(page: Any) -> None:
    start(page)
    page.locator(".in-words").filter(has_text="On average").wait_for()
    assert page.locator(".plot path[d^=M][data-label]:not([data-label=another])").count() == 7
    assert (
        page.locator(".key").all_text_contents()
        == page.locator("#webcam .bar-label").all_text_contents()
    )
    # Stacked, the seven bands are as high as the chart.
    assert sum(heights(page)) == pytest.approx(1, abs=0.001)


def heights(page: Any) -> list[float]:
    """The height of each band in the first sample that is drawn."""
    firsts = [
        drawn(page, label)[0].rstrip("Z").replace("h", " ").replace("V", " ") for label in LABELS
    ]
    return [float(first.split()[3]) - float(first.split()[1]) for first in firsts]


def drawn(page: Any, label: str) -> list[str]:
    """A band's path, cut into what each sample adds to it: "x tophwidthVbottomh-widthZ"."""
    path = page.locator(f'.plot path[data-label="{label}"]').get_attribute("d")
    return str(path).split("M")[1:]


def test_mirror_turns_picture_and_boxes(page: Any) -> None:
    start(page)

    def left() -> float:
        return float(page.locator("#webcam .box").evaluate("box => parseFloat(box.style.left)"))

    mirrored = left()
    page.get_by_label("Mirror").uncheck()
    page.wait_for_function(
        "left => parseFloat(document.querySelector('#webcam .box').style.left) < left",
        arg=mirrored - 1,
    )
    assert not page.locator("#webcam video").evaluate("v => v.classList.contains('mirrored')")


def test_the_smoothing_that_is_chosen_is_sent(page: Any) -> None:
    start(page)
    slider = page.get_by_role("slider", name="Smoothing")
    assert slider.input_value() == "0.5"
    with page.expect_request(lambda request: question_of(request).get("smoothing") == 2):
        slider.press("End")
    assert slider.get_attribute("aria-valuetext") == "2.0 s"
    with page.expect_request(lambda request: question_of(request).get("smoothing") == 0):
        slider.press("Home")


def question_of(request: Any) -> dict[str, Any]:
    """What the page asks about a frame; {} for another request."""
    if "component_server" not in request.url:
        return {}
    return json.loads(request.post_data)["data"]


def keep_track(page: Any) -> None:
    page.evaluate("window.track = document.querySelector('#webcam video').srcObject.getTracks()[0]")


def test_leaving_the_tab_frees_the_camera(page: Any) -> None:
    start(page)
    keep_track(page)
    page.get_by_role("tab", name="Image").click()
    page.wait_for_function("window.track.readyState === 'ended'")


def test_a_snapshot_is_marked_and_the_minute_is_a_table(page: Any) -> None:
    start(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Snapshot").click()
    marked = cv2.imread(str(download.value.path()))
    assert marked.shape == (480, 640, 3)
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("document.fullscreenElement !== null")
    keep_track(page)
    page.get_by_role("button", name="Stop the camera").click()
    page.wait_for_function("track.readyState === 'ended' && document.fullscreenElement === null")
    assert page.evaluate("document.activeElement.className") == "start"
    session = page.locator(".session").text_content()
    assert re.fullmatch(r"Since the start, a face in view for \d+ s: \w+ \d+ s.*\.", session)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this minute").click()
    head, first, *_ = Path(download.value.path()).read_text().splitlines()
    assert head == "seconds,face,angry,disgust,fear,happy,sad,surprise,neutral"
    assert re.match(r"0\.00,\d+,0\.\d{4},", first)
    assert sum(map(float, first.split(",")[2:])) == pytest.approx(1, abs=0.001)


REFUSALS = {
    "NotAllowedError": "Allow it",
    "OverconstrainedError": "Connect one",
    "NotReadableError": "in use by another program",
    "TypeError": "could not be started: refused",
}


def test_a_refused_camera_says_what_to_do(page: Any) -> None:
    open_tab(page)
    for error, advice in REFUSALS.items():
        page.evaluate(
            """name => { navigator.mediaDevices.getUserMedia =
            () => Promise.reject(new DOMException("refused", name)); }""",
            error,
        )
        page.locator(".notice .start").click()
        page.get_by_role("alert").filter(has_text=advice).wait_for()
    page.evaluate("Object.defineProperty(navigator, 'mediaDevices', {value: undefined})")
    page.locator(".notice .start").click()
    page.get_by_role("alert").filter(has_text="https").wait_for()


def answer_with(page: Any, answer: dict[str, Any]) -> None:
    page.route(SERVER, lambda route: route.fulfill(json=answer))


def test_a_busy_server_is_asked_again(page: Any) -> None:
    answer_with(page, {"busy": True})
    open_tab(page)
    page.locator(".notice .start").click()
    page.get_by_role("status").filter(has_text="Many people").wait_for()
    page.unroute(SERVER)
    page.wait_for_selector("#webcam .panel:not(.empty)")


def test_an_error_of_the_server_is_shown_and_frees_the_camera(page: Any) -> None:
    answer_with(page, {"error": "smoothing must lie between 0 and 2, but is 3"})
    open_tab(page)
    page.locator(".notice .start").click()
    page.get_by_role("alert").filter(has_text="smoothing must lie between").wait_for()
    assert page.evaluate("document.querySelector('#webcam video').srcObject") is None


def impatient(route: Any) -> None:
    """The page's script, which waits a second instead of ten."""
    response = route.fetch()
    patient = response.text()
    assert "SILENT_AFTER = 10_000" in patient
    body = patient.replace("SILENT_AFTER = 10_000", "SILENT_AFTER = 1000")
    route.fulfill(response=response, body=body)


def test_a_server_that_falls_silent_is_given_up(page: Any, url: str) -> None:
    page.route("**/webcam.js", impatient)
    page.goto(url)
    page.route(SERVER, lambda route: route.abort())
    open_tab(page)
    page.locator(".notice .start").click()
    page.get_by_role("alert").filter(has_text="has not answered").wait_for()
    assert page.evaluate("document.querySelector('#webcam video').srcObject") is None


def seen(*ids: int) -> dict[str, Any]:
    """An answer with these faces, side by side and all happy."""
    probabilities = {label: float(label == "happy") for label in LABELS}
    happy = {"label": "happy", "confidence": 1.0, "probabilities": probabilities}
    faces = [happy | {"id": n, "box": [100 * k, 90, 100 * k + 80, 180]} for k, n in enumerate(ids)]
    return {"faces": faces, "ms": 1.0}


def test_faces_come_and_go(page: Any) -> None:
    answer_with(page, seen(1))
    start(page)
    answer_with(page, seen())
    wait_for_boxes(page, 0)
    page.get_by_text("Looking for a face").wait_for()
    answer_with(page, seen(2, 3))
    wait_for_boxes(page, 2)
    page.locator("#webcam .box").nth(1).click()
    page.wait_for_selector("#webcam .box:nth-child(2)[aria-pressed=true]")
    # The chosen face brings its own minute, in which there was no other.
    assert not page.locator(".another").is_visible()
    answer_with(page, seen(4))
    page.get_by_text("right of a dashed line").wait_for()
    page.wait_for_function("document.querySelectorAll('#webcam .box[aria-pressed=true]').length")
    page.locator("#webcam .stop").click()
    samples = [sample.split() for sample in drawn(page, "happy")]
    ends = [float(x) + float(rest.split("h")[1].split("V")[0]) for x, rest in samples]
    # What a sample shows holds until the next one; none overlaps another.
    assert all(end <= float(x) + 0.02 for end, (x, _) in zip(ends, samples[1:], strict=False))
