"""More visitors than can be served: some are told so at once, and everyone can go on."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Event
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest

from emotion import EmotionRecognizer
from ui.limits import PICTURES

AT_ONCE = PICTURES["concurrency_limit"]
WAITING = 2


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Until it is set, no face is found in the astronaut's picture."""
    detect, event = EmotionRecognizer.detect, Event()

    def waiting(recognizer: EmotionRecognizer, image: np.ndarray) -> Any:
        if image.shape == (512, 512, 3):
            assert event.wait(60)
        return detect(recognizer, image)

    monkeypatch.setattr(EmotionRecognizer, "detect", waiting)
    yield event
    event.set()


@pytest.fixture
def short_queue(served: gr.Blocks, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(served._queue, "max_size", WAITING)
    return served._queue


def predict(url: str, picture: Path) -> str:
    """Upload a picture and ask for its faces: "served" or "refused"."""
    with httpx.Client(base_url=f"{url}/gradio_api/", timeout=90) as client:
        files = {"files": ("face.jpg", picture.read_bytes())}
        (path,) = client.post("upload", files=files).json()
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        asked = client.post("call/predict", json={"data": [file]})
        if asked.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return "refused"
        answer = client.get(f"call/predict/{asked.json()['event_id']}").text
        assert json.loads(answer.partition("data: ")[2])[0]["faces"]
        return "served"


def test_latecomers_are_refused_and_nobody_is_lost(
    url: str, short_queue: Any, released: Event, astronaut: Path
) -> None:
    count, accepted = 10, AT_ONCE + WAITING
    with ThreadPoolExecutor(count) as pool:
        calls: list[Future[str]] = [pool.submit(predict, url, astronaut) for _ in range(count)]
        answered = []
        for call in as_completed(calls):
            answered.append(call.result())
            if len(answered) == count - accepted:
                released.set()
    assert answered == ["refused"] * (count - accepted) + ["served"] * accepted
    assert predict(url, astronaut) == "served"


@pytest.mark.browser
def test_the_image_tab_says_that_it_is_busy_and_goes_on(
    page: Any, two_faces: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.image_tab.WAITING", 0)
    page.set_input_files("#image .files", two_faces)
    page.get_by_role("alert").filter(has_text="Many people").wait_for()
    monkeypatch.undo()
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector("#image .box")
