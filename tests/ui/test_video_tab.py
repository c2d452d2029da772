"""The video tab: its server functions over HTTP, and the whole in a real browser."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import ui.video_tab
from emotion import EmotionError
from emotion.image import Pixels
from tests.clips import scene, write_clip
from tests.ui.tools import files_in
from ui.video_tab import Question

NAME = f"video-{'0123456789abcdef' * 2}"

Ask = Callable[[str, Any], Any]


@pytest.fixture
def ask(call: Callable[[str, str, Any], Any]) -> Ask:
    """Calls a server function of the tab, as its script does."""
    return partial(call, "video")


@pytest.fixture
def send(upload: Callable[[bytes, str], Path]) -> Callable[..., str]:
    """Uploads content; gives its path on the server."""
    return lambda content, name=NAME: str(upload(content, name))


@pytest.fixture(scope="module")
def smile(tmp_path_factory: pytest.TempPathFactory, astronaut_image: Pixels) -> Path:
    """Two seconds of a face that moves, and then of nobody."""
    pictures = [astronaut_image[:400, 2 * step : 2 * step + 400] for step in range(20)]
    nobody = np.full_like(pictures[0], 100)
    path = tmp_path_factory.mktemp("clips") / "smile <b>.mp4"
    return write_clip(path, [*pictures, *[nobody] * 10])


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute, so that there is time to cancel."""
    path = tmp_path_factory.mktemp("clips") / "long.mp4"
    return write_clip(path, [scene(0)] * 600, options={"preset": "ultrafast"})


def finished(ask: Ask, job: str) -> Any:
    """The last answer about a job."""
    for _ in range(600):
        answer = ask("progress", job)
        if "result" in answer or "error" in answer:
            return answer
        time.sleep(0.05)
    pytest.fail(f"still {answer}")


def question(path: str, **others: Any) -> dict[str, Any]:
    return {"path": path, "name": "mine.mp4", "rate": 5, "settings": None} | others


def test_a_clip_becomes_film_timeline_and_table_and_goes(
    ask: Ask, send: Callable[..., str], url: str, smile: Path
) -> None:
    path = send(smile.read_bytes())
    job = ask("begin", question(path))["job"]
    result = finished(ask, job)["result"]
    assert (result["seconds"], result["missing"]) == (pytest.approx(2.9, abs=0.02), "nothing")
    (person,) = result["people"]
    assert person["spans"][-1]["end"] == pytest.approx(2, abs=0.2)
    # The clip is gone before the answer, film and table as soon as the page has them.
    folder = Path(result["film"]).parent
    assert not Path(path).exists()
    assert files_in(folder) == {Path(result["film"]), Path(result["table"])}
    film = httpx.get(f"{url}/gradio_api/file={result['film']}")
    assert (film.status_code, film.content[4:8]) == (200, b"ftyp")
    assert ask("end", job) == {}
    assert not folder.exists()
    assert httpx.get(f"{url}/gradio_api/file={result['film']}").status_code == 403


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (None, "must be an object"),
        ([], "must be an object"),
        ({}, "must have a path and a name"),
        ({"path": 1, "name": "a"}, "must have a path and a name"),
        (question("/etc/passwd"), "mine.mp4 is not a clip that was sent here"),
        (question(f"/etc/{NAME}"), "is not one that was uploaded"),
        (question(NAME, rate=0), "the rate must be one of"),
        (question(NAME, rate=True), "the rate must be one of"),
        (question(NAME, rate="5"), "the rate must be one of"),
        (question(NAME, rate=[1]), "the rate must be one of"),
    ],
)
def test_a_question_that_is_none_is_one_sentence(asked: Any, problem: str) -> None:
    with pytest.raises(EmotionError, match=problem):
        Question.of(asked)


def test_a_setting_that_is_none(ask: Ask, send: Callable[..., str]) -> None:
    asked = question(send(b"no clip"), settings={"detector": "eyes"})
    assert "must be auto, yunet or mtcnn" in ask("begin", asked)["error"]


def test_another_upload_is_no_clip(ask: Ask, send: Callable[..., str]) -> None:
    path = send(b"somebody's picture", "picture.png")
    assert "is not a clip that was sent here" in ask("begin", question(path))["error"]
    assert Path(path).exists()


@pytest.mark.parametrize("content", [b"", b"no clip"])
def test_what_is_no_clip_is_told_by_its_owner_s_name_and_goes(
    ask: Ask, send: Callable[..., str], content: bytes
) -> None:
    path = send(content)
    job = ask("begin", question(path))["job"]
    error = finished(ask, job)["error"]
    assert error.startswith("mine.mp4 is ")
    assert "/" not in error
    assert not Path(path).exists()
    assert "not here any more" in ask("begin", question(path))["error"]
    ask("end", job)


@pytest.mark.parametrize("job", [None, "", 5, "../", {"a": 1}])
def test_a_job_of_nobody(ask: Ask, job: Any) -> None:
    assert "not here any more" in ask("progress", job)["error"]
    assert ask("end", job) == {}


def test_no_more_is_read_than_the_limit(
    ask: Ask, send: Callable[..., str], long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.video_tab, "CLIP_SECONDS", 0.5)
    job = ask("begin", question(send(long.read_bytes())))["job"]
    result = finished(ask, job)["result"]
    assert (result["missing"], result["seconds"]) == ("beyond", pytest.approx(0.4, abs=0.05))
    ask("end", job)


def test_work_that_takes_too_long_is_broken_off(
    ask: Ask, send: Callable[..., str], long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.video_tab, "WORK_SECONDS", 0.0)
    job = ask("begin", question(send(long.read_bytes())))["job"]
    assert finished(ask, job)["error"].startswith("mine.mp4 takes too long: ")
    ask("end", job)


def choose(page: Any, path: Path) -> None:
    page.get_by_role("tab", name="Video").click()
    page.locator("#video .files").set_input_files(path)


def nothing_new(folder: Path, before: set[Path]) -> None:
    """Waits until what was there before is all that is there; a timer may take that too."""
    for _ in range(200):
        if files_in(folder) <= before:
            return
        time.sleep(0.05)
    pytest.fail(f"left behind: {files_in(folder) - before}")


@pytest.mark.browser
def test_from_the_clip_to_the_film(page: Any, smile: Path, temp_folder: Path) -> None:
    before = files_in(temp_folder)
    choose(page, smile)
    page.locator("#video .working").wait_for()
    page.locator("#video .film-result").wait_for()
    film = page.locator("#video video")
    page.wait_for_function("document.querySelector('#video video').readyState >= 2")
    assert film.evaluate("film => [film.videoWidth, film.videoHeight]") == [400, 400]
    assert film.evaluate("film => film.duration") == pytest.approx(3, abs=0.1)
    assert page.locator("#video .summary").text_content() == "1 person"
    for link, end in (("film", "mp4"), ("table", "csv")):
        name = page.locator(f"#video .save.{link}").get_attribute("download")
        assert name == f"smile <b>-expressions.{end}"
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as CSV").click()
    assert Path(download.value.path()).read_text().startswith("seconds,person,")
    # The film is the browser's now: the server has nothing any more.
    nothing_new(temp_folder, before)

    def time_after(seconds: float) -> None:
        page.wait_for_function(
            "at => Math.abs(document.querySelector('#video video').currentTime - at) < 0.1",
            arg=seconds,
        )

    track = page.get_by_role("slider", name="Person 1")
    width = track.bounding_box()["width"]
    track.click(position={"x": width * 0.9, "y": 10})
    time_after(0.9 * 2.9)
    assert page.locator("#video .current").text_content() == "not in view"
    assert track.get_attribute("aria-valuetext") == "0:02 not in view"
    track.press("Home")
    time_after(0)
    assert page.locator("#video .current").text_content() != "not in view"
    track.press("End")
    time_after(2.9)
    track.press("ArrowLeft")
    page.wait_for_function("document.querySelector('#video video').currentTime < 2.1")
    page.get_by_role("button", name="Another clip").click()
    page.locator("#video .drop").wait_for()


@pytest.mark.browser
def test_cancel_stops_the_work(page: Any, long: Path, temp_folder: Path) -> None:
    before = files_in(temp_folder)
    choose(page, long)
    page.locator("#video .amount").filter(has_text=" of 1:00").wait_for()
    assert page.locator("#video progress").get_attribute("value") is not None
    page.get_by_role("button", name="Cancel").click()
    page.locator("#video .drop").wait_for()
    nothing_new(temp_folder, before)


@pytest.mark.browser
def test_what_is_no_clip_is_said_and_another_can_be_chosen(page: Any, tmp_path: Path) -> None:
    broken = tmp_path / "<i>broken.mp4"
    broken.write_bytes(b"no clip")
    choose(page, broken)
    page.get_by_role("alert").filter(has_text="<i>broken.mp4 is damaged").wait_for()
    assert page.locator("#video .drop").is_visible()
