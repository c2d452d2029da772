"""What the page sends of a frame, and the answer."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Semaphore
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from emotion import EmotionError, FacePrediction
from emotion.draw import COLOURS
from emotion.image import load_image
from emotion.types import LABELS
from ui.limits import FRAME_CHARACTERS, FRAMES_AT_ONCE
from ui.settings import Recognizers, Settings
from ui.view import picture_uri
from ui.webcam_tab import Frame, frame_reader

JPEG = "data:image/jpeg;base64,"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "a frame must come in an object"),
        ({}, "a camera must be a text of 1 to 40 characters"),
        ({"camera": "a" * 41}, "a camera must be a text"),
        ({"camera": "a"}, "there is no frame"),
        ({"camera": "a", "image": "http://a/a.png"}, "neither a file nor a base64 data URI"),
        ({"camera": "a", "image": "data:;base64,?"}, "base64 text is damaged"),
        ({"camera": "a", "image": JPEG + "A" * FRAME_CHARACTERS}, "larger"),
        ({"camera": "a", "image": JPEG, "smoothing": "1"}, "smoothing must be a number"),
        ({"camera": "a", "image": JPEG, "smoothing": float("nan")}, "must lie between 0 and 2"),
        ({"camera": "a", "image": JPEG, "settings": {"largest": 1}}, "largest must be true"),
    ],
)
def test_a_wrong_frame_is_one_sentence(value: Any, problem: str) -> None:
    with pytest.raises(EmotionError, match=problem):
        Frame.of(value)


def test_a_frame() -> None:
    assert Frame.of({"camera": "a", "image": JPEG + "AAEC"}) == Frame(
        camera="a", image=b"\x00\x01\x02", smoothing=0.5, settings=Settings()
    )


@pytest.fixture(scope="module")
def one_face(astronaut_image: np.ndarray) -> str:
    return picture_uri(astronaut_image)


@pytest.fixture(scope="module")
def darker_face(astronaut_image: np.ndarray) -> str:
    return picture_uri(cv2.convertScaleAbs(astronaut_image, alpha=0.4))


@pytest.fixture
def ask(recognizers: Recognizers) -> Any:
    """Asks a fresh server as the page does."""
    answer = frame_reader(recognizers)
    return lambda frame, **chosen: answer({"camera": "a", "image": frame, **chosen})


def test_a_face_is_numbers_and_keeps_its_name(ask: Any, one_face: str) -> None:
    (first,), (second,) = ask(one_face)["faces"], ask(one_face)["faces"]
    assert first["id"] == second["id"]
    assert first.keys() == {"id", "box", "label", "confidence", "probabilities"}
    assert tuple(first["probabilities"]) == LABELS == tuple(COLOURS)


def test_faces_are_smoothed_and_the_camera_silent_for_longest_is_forgotten(
    ask: Any, one_face: str, darker_face: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.webcam_tab.CAMERAS", 2)
    alone = ask(darker_face, camera="alone")["faces"]
    for camera in ("a", "b"):
        ask(one_face, camera=camera)
    smoothed = ask(darker_face, camera="a", smoothing=2)["faces"]
    ask(one_face, camera="c")
    forgotten = ask(darker_face, camera="b", smoothing=2)["faces"]
    assert forgotten == alone != smoothed
    assert ask(darker_face, camera="c", smoothing=0)["faces"] == alone


def test_each_camera_has_its_own_faces_and_settings(
    ask: Any, one_face: str, two_faces: Path
) -> None:
    """Two visitors at once."""
    both = picture_uri(load_image(two_faces))
    with ThreadPoolExecutor(2) as pool:
        for _ in range(4):
            mine, theirs = pool.submit(ask, one_face), pool.submit(ask, both, camera="b")
            assert [face["id"] for face in mine.result()["faces"]] == [1]
            assert {face["id"] for face in theirs.result()["faces"]} == {1, 2}
    assert len(ask(both, camera="c", settings={"largest": True})["faces"]) == 1


def test_a_fault_in_one_frame_stops_no_other(
    ask: Any, one_face: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("ui.webcam_tab.load_image", lambda _: 1 / 0)
        for _ in range(FRAMES_AT_ONCE + 1):
            with pytest.raises(ZeroDivisionError):
                ask(one_face)
    assert len(ask(one_face)["faces"]) == 1


def test_a_frame_that_is_no_picture_is_answered_too(ask: Any) -> None:
    assert ask(JPEG + "AAEC").keys() == {"error"}


def test_a_frame_too_many_is_answered_at_once() -> None:
    begun, may_end = Semaphore(0), Event()

    def recognize(_: Any) -> list[FacePrediction]:
        begun.release()
        assert may_end.wait(60)
        return []

    slow: Any = SimpleNamespace(get=lambda _: SimpleNamespace(recognize=recognize))
    answer = frame_reader(slow)
    question = {"camera": "a", "image": picture_uri(np.zeros((8, 8, 3), np.uint8))}
    with ThreadPoolExecutor(FRAMES_AT_ONCE) as pool:
        others = [pool.submit(answer, question) for _ in range(FRAMES_AT_ONCE)]
        for _ in others:
            assert begun.acquire(timeout=60)
        assert answer(question) == {"busy": True}
        may_end.set()
    assert [other.result()["faces"] for other in others] == [[]] * FRAMES_AT_ONCE
    assert answer(question)["faces"] == []
