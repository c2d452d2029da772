"""What the page asks about a frame, and what it is answered."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Semaphore
from typing import Any

import cv2
import numpy as np
import pytest

from emotion import EmotionError, EmotionRecognizer, FacePrediction
from emotion.draw import COLOURS
from emotion.types import LABELS
from ui.settings import Recognizers, Settings
from ui.view import picture_uri
from ui.visitors import FRAMES_EACH
from ui.webcam_tab import FRAME_CHARACTERS, Question, frame_answers

JPEG = "data:image/jpeg;base64,"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "a frame must come in an object"),
        ({}, "a visitor must be a text of 1 to 36 characters"),
        ({"visitor": ""}, "a visitor must be a text"),
        ({"visitor": "a" * 37}, "a visitor must be a text"),
        ({"visitor": ["a"]}, "a visitor must be a text"),
        ({"visitor": "a"}, "there is no frame"),
        ({"visitor": "a", "frame": 3}, "there is no frame"),
        ({"visitor": "a", "frame": ""}, "data URI"),
        ({"visitor": "a", "frame": "https://example.org/a.jpg"}, "data URI"),
        ({"visitor": "a", "frame": JPEG + "?"}, "damaged"),
        ({"visitor": "a", "frame": JPEG + "A" * FRAME_CHARACTERS}, "larger"),
        ({"visitor": "a", "frame": JPEG, "smoothing": "1"}, "smoothing must be a number"),
        ({"visitor": "a", "frame": JPEG, "smoothing": True}, "smoothing must be a number"),
        ({"visitor": "a", "frame": JPEG, "smoothing": -0.1}, "smoothing must lie between 0 and 2"),
        ({"visitor": "a", "frame": JPEG, "smoothing": 2.1}, "smoothing must lie between 0 and 2"),
        ({"visitor": "a", "frame": JPEG, "smoothing": float("nan")}, "must lie between 0 and 2"),
        ({"visitor": "a", "frame": JPEG, "settings": {"largest": 1}}, "largest must be true"),
    ],
)
def test_a_question_that_is_none_is_named(value: Any, problem: str) -> None:
    with pytest.raises(EmotionError, match=problem):
        Question.of(value)


def test_a_question() -> None:
    assert Question.of({"visitor": "a", "frame": JPEG + "AAEC"}) == Question(
        visitor="a", frame=b"\x00\x01\x02", smoothing=0.5, settings=Settings()
    )
    chosen = Question.of({"visitor": "a", "frame": JPEG, "smoothing": 0, "settings": {}})
    assert chosen.smoothing == 0


@pytest.fixture(scope="module")
def one_face(astronaut_image: np.ndarray) -> str:
    return picture_uri(astronaut_image)


@pytest.fixture(scope="module")
def darker_face(astronaut_image: np.ndarray) -> str:
    return picture_uri(cv2.convertScaleAbs(astronaut_image, alpha=0.4))


@pytest.fixture
def ask(recognizers: Recognizers) -> Any:
    """Asks a fresh server as the page does."""
    answer = frame_answers(recognizers)
    return lambda frame, **chosen: answer({"visitor": "a", "frame": frame, **chosen})


def test_no_face(ask: Any) -> None:
    answer = ask(picture_uri(np.full((480, 640, 3), 128, np.uint8)))
    assert answer.keys() == {"faces", "ms", "pause"}
    assert answer["faces"] == []


def test_a_face_is_numbers_and_keeps_its_name(ask: Any, one_face: str) -> None:
    (first,), (second,) = ask(one_face)["faces"], ask(one_face)["faces"]
    assert first["id"] == second["id"]
    assert first.keys() == {"id", "box", "label", "confidence", "uncertain", "probabilities"}
    assert tuple(first["probabilities"]) == LABELS == tuple(COLOURS)


def test_smoothing_may_change_from_frame_to_frame(
    ask: Any, one_face: str, darker_face: str
) -> None:
    (bright,) = ask(one_face, smoothing=2)["faces"]
    (smoothed,) = ask(darker_face, smoothing=2)["faces"]
    (dark,) = ask(darker_face, smoothing=0)["faces"]
    changes = [
        abs(dark["probabilities"][label] - bright["probabilities"][label]) for label in LABELS
    ]
    label = LABELS[int(np.argmax(changes))]
    before, between, after = (face["probabilities"][label] for face in (bright, smoothed, dark))
    assert abs(between - before) < abs(after - before)


def test_the_settings_are_heeded(ask: Any, two_faces: Path) -> None:
    frame = JPEG + _base64(two_faces)
    everybody = ask(frame, settings={"uncertain_below": 1})["faces"]
    assert [face["uncertain"] for face in everybody] == [True, True]
    (largest,) = ask(frame, settings={"uncertain_below": 0, "largest": True})["faces"]
    assert not largest["uncertain"]


def _base64(path: Path) -> str:
    return picture_uri(cv2.imread(str(path))[..., ::-1]).removeprefix(JPEG)


def test_a_frame_that_is_no_picture_is_an_answer(ask: Any) -> None:
    assert ask(JPEG + "AAEC").keys() == {"error"}
    assert "data URI" in ask("")["error"]


class Slow(EmotionRecognizer):
    """Finds nobody, as soon as it may."""

    def __init__(self) -> None:
        self.begun, self.may_end = Semaphore(0), Event()

    def get(self, settings: Settings) -> "Slow":
        return self

    def recognize(self, image: Any, boxes: Any = None) -> list[FacePrediction]:
        self.begun.release()
        assert self.may_end.wait(60)
        return []


def test_a_frame_too_many_is_answered_at_once() -> None:
    slow: Any = Slow()
    answer = frame_answers(slow)
    question = {"visitor": "a", "frame": picture_uri(np.zeros((8, 8, 3), np.uint8))}
    with ThreadPoolExecutor(FRAMES_EACH) as pool:
        others = [pool.submit(answer, question) for _ in range(FRAMES_EACH)]
        for _ in others:
            assert slow.begun.acquire(timeout=60)
        assert answer(question) == {"busy": True, "pause": 0}
        slow.may_end.set()
    assert [other.result()["faces"] for other in others] == [[]] * FRAMES_EACH
    assert answer(question)["faces"] == []
