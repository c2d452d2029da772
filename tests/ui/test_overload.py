"""More visitors than can be served: some are told so at once, and all can go on."""

import asyncio
from pathlib import Path
from threading import Event
from typing import Any

import gradio as gr
import pytest

import ui.photo
from benchmarks.pictures import ASTRONAUT
from benchmarks.visitors import (
    API,
    File,
    Outcome,
    ask_predict,
    opened,
    send_frame,
    send_picture,
    visiting,
)
from tests.ui.tools import run
from ui.limits import PICTURES

AT_ONCE = PICTURES["concurrency_limit"]
WAITING = 2


class Slow:
    """Recognises as ever, as soon as it may."""

    def __init__(self, recognize: Any) -> None:
        self._recognize = recognize
        self.may_end, self.begun = Event(), 0

    def __call__(self, *arguments: Any) -> Any:
        self.begun += 1
        assert self.may_end.wait(60)
        return self._recognize(*arguments)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    slow = Slow(ui.photo.recognize_timed)
    monkeypatch.setattr("ui.photo.recognize_timed", slow)
    return slow


@pytest.fixture
def queue(served: gr.Blocks, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The app's line of pictures, which is a short one."""
    monkeypatch.setattr(served._queue, "max_size", WAITING)
    return served._queue


async def all_at_once(url: str, count: int, slow: Slow) -> list[Outcome]:
    """How it ended for visitors who come together, in the order in which they were answered.

    No picture is done until all are answered but those that are worked on or wait.
    """
    picture = File("face.jpg", ASTRONAUT.read_bytes())
    answered: list[Outcome] = []

    async def one(number: int) -> None:
        # One in three is a program.
        send = ask_predict if number % 3 == 2 else send_picture
        async with visiting(page) as session:
            answered.append(await send(page, session, picture))
            if len(answered) == count - AT_ONCE - WAITING:
                slow.may_end.set()

    if count <= AT_ONCE + WAITING:
        slow.may_end.set()
    async with opened(url) as page, asyncio.timeout(60):
        await asyncio.gather(*map(one, range(count)))
    return answered


def test_who_comes_too_late_is_told_at_once_and_nobody_is_lost(
    url: str, queue: Any, slow: Slow
) -> None:
    kinds = [outcome.kind for outcome in run(all_at_once(url, 12, slow))]
    assert kinds == ["refused"] * (12 - AT_ONCE - WAITING) + ["served"] * (AT_ONCE + WAITING)
    # And everybody may come again.
    kinds = [outcome.kind for outcome in run(all_at_once(url, 2, slow))]
    assert kinds == ["served"] * 2


def test_no_table_is_made_of_the_calls(url: str, served: gr.Blocks, slow: Slow) -> None:
    run(all_at_once(url, AT_ONCE + WAITING, slow))
    assert served._queue.cached_event_analytics_summary == {"functions": {}}
    assert len(served._queue.event_analytics) == 1


def test_who_has_a_camera_does_not_wait_behind_many_who_read_pictures(
    url: str, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.batch_tab.recognize_timed", slow)
    name, picture = f"batch-{32 * '0'}", ASTRONAUT.read_bytes()

    async def visit() -> Outcome:
        async with opened(url) as page:
            sent = await page.client.post(f"{API}/upload", files={"files": (name, picture)})
            question = {"path": sent.json()[0], "name": "face.jpg", "start": 0}
            call = {"component_id": page.component("batch"), "fn_name": "read_files"}
            body = {"data": question, "session_hash": "reading", **call}
            asks = [page.client.post(f"{API}/component_server", json=body) for _ in range(50)]
            reading = [asyncio.create_task(ask) for ask in asks]
            while slow.begun < 2:
                await asyncio.sleep(0.01)
            try:
                frame = send_frame(page, "watching", "a", File("face.jpg", picture))
                outcome, _ = await asyncio.wait_for(frame, 30)
                assert slow.begun == 2
            finally:
                slow.may_end.set()
            await asyncio.gather(*reading)
        return outcome

    assert run(visit()).kind == "served"


@pytest.mark.browser
def test_the_page_says_that_it_is_busy_and_goes_on(page: Any, queue: Any, two_faces: Path) -> None:
    queue.max_size = 0
    page.set_input_files("#picture input[type=file]", two_faces)
    page.get_by_text("currently busy. Please try again").wait_for()
    page.locator("#picture input[type=file]").wait_for(state="attached")
    queue.max_size = WAITING
    page.set_input_files("#picture input[type=file]", two_faces)
    page.wait_for_selector("#result .box")
