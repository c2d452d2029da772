"""The video tab: its event over HTTP, and the whole in a real browser."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest

import ui.video_tab
from emotion.image import Pixels
from emotion.video import Progress
from tests.clips import write_clip
from tests.ui.conftest import files_in
from tests.ui.states import clip

ONE, TWO = f"video-{'01' * 16}", f"video-{'02' * 16}"

Call = Callable[[str, str, Any], Any]
Analyse = Callable[..., Iterator[Any]]


@pytest.fixture
def analyse(served: gr.Blocks, url: str) -> Analyse:
    """Triggers the event for a clip, as the tab's script does; its messages."""
    function = next(f for f in served.fns.values() if ("analyse" in dict(f.targets).values()))

    def messages(clip: Any, rate: Any = 5, visitor: str = "mine") -> Iterator[Any]:
        body = {"data": [], "event_data": {"clip": clip, "rate": rate}}
        body |= {"fn_index": function._id, "session_hash": visitor}
        with httpx.Client(base_url=f"{url}/gradio_api/", timeout=60) as client:
            assert client.post("queue/join", json=body).status_code == 200
            asked = {"session_hash": visitor}
            with client.stream("GET", "queue/data", params=asked) as answer:
                for line in answer.iter_lines():
                    if line.startswith("data:"):
                        yield json.loads(line.removeprefix("data:"))

    return messages


def last(messages: Iterator[Any]) -> Any:
    """The last value that the event sends."""
    values = [m["output"]["data"][0] for m in messages if m["msg"] == "process_completed"]
    return values[-1]


@pytest.fixture(scope="module")
def smile(tmp_path_factory: pytest.TempPathFactory, astronaut_image: Pixels) -> Path:
    """Two seconds of a face that moves, and then of nobody."""
    pictures = [astronaut_image[:400, 2 * step : 2 * step + 400] for step in range(20)]
    nobody = np.full_like(pictures[0], 100)
    path = tmp_path_factory.mktemp("clips") / "smile <b>.mp4"
    return write_clip(path, [*pictures, *[nobody] * 10])


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Makes an analysis that never ends by itself; set as soon as one was closed."""
    closed = threading.Event()

    def analyse(*_: Any, **__: Any) -> Iterator[Progress]:
        try:
            while True:
                time.sleep(0.01)
                yield Progress(1, 1.0, None, None)
        finally:
            closed.set()

    monkeypatch.setattr(ui.video_tab, "analyse", analyse)
    monkeypatch.setattr(ui.video_tab, "PROGRESS_SECONDS", 0.05)
    return closed


def until(happened: Callable[[], bool]) -> None:
    """Waits, but not for ever."""
    for _ in range(600):
        if happened():
            return
        time.sleep(0.1)
    pytest.fail("it did not happen")


@pytest.mark.parametrize(
    ("clip", "rate", "problem"),
    [(7, 5, "gone"), ("../x", 5, "gone"), (ONE, True, "unreadable"), (ONE, 7, "unreadable")],
)
def test_what_is_no_clip_or_no_rate(analyse: Analyse, clip: Any, rate: Any, problem: str) -> None:
    assert last(analyse(clip, rate)) == {"clip": clip, "problem": problem}


def test_a_file_that_is_no_clip_is_deleted(
    analyse: Analyse, upload: Callable[[bytes, str], Path]
) -> None:
    path = upload(b"no clip", ONE)
    assert last(analyse(ONE)) == {"clip": ONE, "problem": "unreadable"}
    assert not path.exists()


def test_no_more_is_analysed_than_the_limit_and_the_clip_is_deleted(
    analyse: Analyse,
    upload: Callable[[bytes, str], Path],
    smile: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ui.video_tab, "CLIP_SECONDS", 0.5)
    clip = upload(smile.read_bytes(), ONE)
    result = last(analyse(ONE))["result"]
    # The clip is gone before the answer, the results as soon as the page has them.
    assert files_in(clip.parent) == {clip.with_suffix(".mp4"), clip.with_suffix(".csv")}
    assert (result["missing"], result["seconds"]) == ("beyond", pytest.approx(0.5, abs=0.05))


def test_work_that_takes_too_long_is_broken_off(
    analyse: Analyse,
    upload: Callable[[bytes, str], Path],
    endless: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ui.video_tab, "CLIP_WORK_SECONDS", 0.2)
    upload(b"a clip", ONE)
    assert last(analyse(ONE))["problem"] == "slow"
    assert endless.is_set()


def test_a_clip_waits_for_the_one_before_which_ends_with_its_page(
    analyse: Analyse, call: Call, upload: Callable[[bytes, str], Path], endless: threading.Event
) -> None:
    """A page that is closed or loaded anew leaves nothing running that others wait for."""
    upload(b"a clip", ONE)
    upload(b"made of it before", f"{ONE}.csv")
    waiting = upload(b"another", TWO)
    with closing(analyse(ONE, visitor="first")) as first:
        while next(first)["msg"] != "process_generating":
            pass
        with closing(analyse(TWO, visitor="second")) as second:
            next(second)
            until(lambda: call("video", "line", TWO) == {"length": 1, "ahead": 1})
            assert call("video", "line", ONE) == {"length": 1, "ahead": None}
            first.close()
            assert endless.wait(60)
            while next(second)["msg"] != "process_generating":
                pass
    until(lambda: not waiting.exists())
    until(lambda: call("video", "line", None) == {"length": 0, "ahead": None})


def choose(page: Any, file: Any) -> None:
    page.get_by_role("tab", name="Video").click()
    page.locator("#video .files").set_input_files(file)


@pytest.mark.browser
def test_from_the_clip_to_the_annotated_one(page: Any, smile: Path, temp_folder: Path) -> None:
    before = files_in(temp_folder)
    choose(page, smile)
    page.locator("#video .clip-result").wait_for()
    player = page.locator("#video video")
    page.wait_for_function("document.querySelector('#video video').readyState >= 2")
    assert player.evaluate("it => [it.videoWidth, it.videoHeight]") == [400, 400]
    assert page.locator("#video .summary").text_content() == "1 person"
    for link, end in (("annotated", "mp4"), ("table", "csv")):
        name = page.locator(f"#video .save.{link}").get_attribute("download")
        assert name == f"smile <b>-expressions.{end}"
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as CSV").click()
    assert Path(download.value.path()).read_text().startswith("seconds,person,")
    # It is all the browser's now: the server has nothing any more.
    until(lambda: files_in(temp_folder) <= before)

    def time_after(seconds: float) -> None:
        page.wait_for_function(
            "at => Math.abs(document.querySelector('#video video').currentTime - at) < 0.1",
            arg=seconds,
        )

    track = page.get_by_role("slider", name="Person 1")
    width = track.bounding_box()["width"]
    track.click(position={"x": width * 0.9, "y": 10})
    time_after(0.9 * 3)
    assert track.get_attribute("aria-valuetext") == "0:02 not in view"
    track.press("ArrowLeft")
    page.wait_for_function("document.querySelector('#video video').currentTime < 2.1")
    track.press("Home")
    time_after(0)
    assert page.locator("#video .current").text_content() != "not in view"
    # Both in sight, on a laptop.
    page.set_viewport_size({"width": 1280, "height": 720})
    for part in ("video", ".people"):
        box = page.locator(f"#video {part}").bounding_box()
        assert box["y"] + box["height"] <= 720
    page.locator("#settings-panel > button").click()
    page.get_by_label("Only the largest face").click()
    page.get_by_role("button", name="Analyse it again").wait_for()
    page.get_by_role("button", name="Another clip").click()
    page.locator("#video .drop").wait_for()


@pytest.mark.browser
def test_cancel_and_another_choice_end_the_analysis(
    page: Any, smile: Path, endless: threading.Event, temp_folder: Path
) -> None:
    before = files_in(temp_folder)
    choose(page, clip())
    page.locator("#video .amount", has_text="0:01 done").wait_for()
    choose(page, smile)
    assert endless.wait(60)
    endless.clear()
    page.locator("#video .amount", has_text="0:01 done").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.locator("#video .drop").wait_for()
    assert endless.wait(60)
    until(lambda: files_in(temp_folder) <= before)


@pytest.mark.browser
def test_a_sample_can_be_tried(page: Any) -> None:
    page.get_by_role("tab", name="Video").click()
    page.get_by_role("button", name="Try it with a sample clip").click()
    page.locator("#video .clip-result").wait_for()
    assert page.get_by_role("slider").count() > 0
    page.locator("#video video").dispatch_event("error")
    assert page.get_by_text("This browser can’t play the video").is_visible()
