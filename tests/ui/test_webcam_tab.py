"""The webcam tab: its parts, and the whole in a real browser before a camera that shows a face."""

from pathlib import Path
from typing import Any

import pytest

from emotion import ImageError
from ui.webcam_tab import FRAME_CHARACTERS, Visitors, frame_bytes

JPEG = "data:image/jpeg;base64,"


def test_every_visitor_has_one_tracker_and_the_silent_are_forgotten() -> None:
    visitors = Visitors(capacity=2)
    first = visitors.tracker("first")
    assert visitors.tracker("first") is first
    visitors.tracker("second")
    visitors.tracker("first")
    visitors.tracker("third")
    assert visitors.tracker("first") is first


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        ("", "data URI"),
        ("https://example.org/a.jpg", "data URI"),
        (JPEG + "?", "damaged"),
        (JPEG + "A" * FRAME_CHARACTERS, "larger"),
    ],
)
def test_a_frame_that_is_none_is_named(frame: str, problem: str) -> None:
    with pytest.raises(ImageError, match=problem):
        frame_bytes({"frame": frame})


def test_a_frame_is_its_bytes() -> None:
    assert frame_bytes({"frame": JPEG + "AAEC"}) == b"\x00\x01\x02"


def open_tab(page: Any) -> None:
    page.get_by_role("tab", name="Webcam").click()
    page.locator(".start").wait_for()


def start(page: Any) -> None:
    open_tab(page)
    page.locator(".start").click()
    page.wait_for_selector("#webcam .bar")


def percents(page: Any) -> list[str]:
    return page.locator("#webcam .bar-percent").all_text_contents()


@pytest.mark.browser
def test_the_notice_stands_before_the_camera(page: Any) -> None:
    open_tab(page)
    assert page.get_by_text("Nothing is stored").is_visible()
    assert page.evaluate("document.querySelector('#webcam video').srcObject") is None


@pytest.mark.browser
def test_a_face_before_the_camera_moves_the_bars(page: Any) -> None:
    start(page)
    assert len(percents(page)) == 7
    assert page.locator("#webcam .box").count() == 1
    assert "frames/s" in page.locator(".speed").text_content()
    first = percents(page)
    page.wait_for_function(
        """first => JSON.stringify(first) !== JSON.stringify(
        [...document.querySelectorAll("#webcam .bar-percent")].map(bar => bar.textContent))""",
        arg=first,
    )


@pytest.mark.browser
def test_frames_leave_no_file(page: Any, temp_folder: Path) -> None:
    before = sorted(path for path in temp_folder.rglob("*") if path.is_file())
    start(page)
    page.wait_for_timeout(1000)
    assert sorted(path for path in temp_folder.rglob("*") if path.is_file()) == before


@pytest.mark.browser
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


@pytest.mark.browser
@pytest.mark.parametrize("way", ["button", "tab"])
def test_leaving_frees_the_camera(page: Any, way: str) -> None:
    start(page)
    page.evaluate("window.track = document.querySelector('#webcam video').srcObject.getTracks()[0]")
    if way == "button":
        page.get_by_role("button", name="Stop the camera").click()
    else:
        page.get_by_role("tab", name="Image").click()
    page.wait_for_function("window.track.readyState === 'ended'")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("error", "advice"),
    [
        ("NotAllowedError", "was not allowed"),
        ("NotFoundError", "There is no camera"),
        ("NotReadableError", "in use by another program"),
    ],
)
def test_a_refused_camera_says_what_to_do(page: Any, error: str, advice: str) -> None:
    open_tab(page)
    page.evaluate(
        """name => { navigator.mediaDevices.getUserMedia =
        () => Promise.reject(new DOMException("refused", name)); }""",
        error,
    )
    page.locator(".start").click()
    page.get_by_role("alert").filter(has_text=advice).wait_for()


@pytest.mark.browser
def test_an_insecure_address_says_so(page: Any) -> None:
    open_tab(page)
    page.evaluate("Object.defineProperty(navigator, 'mediaDevices', {value: undefined})")
    page.locator(".start").click()
    page.get_by_role("alert").filter(has_text="https").wait_for()
