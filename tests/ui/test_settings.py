"""The settings: what a client may send, one recogniser for each choice, and the panel."""

import math
from pathlib import Path
from typing import Any

import pytest

from emotion import EmotionRecognizer, ModelError
from ui.settings import Recognizers, Settings, SettingsError, offer


@pytest.mark.parametrize(
    ("value", "settings"),
    [
        (None, Settings()),
        ({}, Settings()),
        ({"min_score": None, "unknown": 1}, Settings()),
        ({"detector": "mtcnn", "largest": True}, Settings(detector="mtcnn", largest=True)),
        ({"min_score": 0, "uncertain_below": 1}, Settings(min_score=0.0, uncertain_below=1.0)),
        ({"min_score": 0.777}, Settings(min_score=0.78)),
    ],
)
def test_settings_of_what_the_page_sends(value: Any, settings: Settings) -> None:
    assert Settings.of(value) == settings


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "the settings must be an object"),
        ([], "the settings must be an object"),
        ({"detector": "haar"}, "detector must be auto, yunet or mtcnn, but is 'haar'"),
        ({"detector": ["auto"]}, "detector must be auto, yunet or mtcnn"),
        ({"min_score": "0.5"}, "min_score must lie between 0 and 1, but is '0.5'"),
        ({"min_score": True}, "min_score must lie between 0 and 1, but is True"),
        ({"min_score": -0.1}, "min_score must lie between 0 and 1, but is -0.1"),
        ({"uncertain_below": None}, "uncertain_below must lie between 0 and 1, but is None"),
        ({"uncertain_below": math.nan}, "uncertain_below must lie between 0 and 1, but is nan"),
        ({"largest": "yes"}, "largest must be true or false, but is 'yes'"),
        ({"largest": "x" * 999}, "largest must be true or false"),
    ],
)
def test_a_setting_that_is_none_is_one_sentence(value: Any, problem: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.of(value)
    assert problem in str(raised.value)
    assert len(str(raised.value)) < 120


def test_recognisers_share_the_classifier(recognizers: Recognizers) -> None:
    assert recognizers.get(Settings()) is recognizers.default
    chosen = recognizers.get(Settings(min_score=0.95, largest=True))
    assert chosen is recognizers.get(Settings(min_score=0.95, largest=True, uncertain_below=0.3))
    assert chosen is not recognizers.default
    assert chosen.classifier is recognizers.default.classifier


def test_a_recogniser_is_as_chosen(recognizers: Recognizers, two_faces: Path) -> None:
    def found(settings: Settings) -> int:
        return len(recognizers.get(settings).recognize(two_faces))

    assert found(Settings()) == 2
    assert found(Settings(largest=True)) == 1
    assert found(Settings(min_score=1.0)) == 0


def test_a_detector_that_is_not_here_is_one_sentence(recognizers: Recognizers) -> None:
    with pytest.raises(ModelError, match="YuNet's file is not here"):
        recognizers.get(Settings(detector="yunet"))


def test_yunet_is_offered_where_it_is(
    tiny_model: Path, yunet_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_YUNET", str(yunet_path))
    in_use = EmotionRecognizer(tiny_model).detector.name
    assert list(offer(in_use)["detectors"]) == ["yunet", "mtcnn"]
    assert offer(in_use)["automatic"] == "yunet"


def test_yunet_is_not_offered_where_it_is_not(recognizers: Recognizers) -> None:
    offered = offer(recognizers.default.detector.name)
    assert list(offered["detectors"]) == ["mtcnn"]
    scores = offered["detectors"]["mtcnn"]
    assert 0 <= scores["least"] < scores["default"] < scores["most"] <= 1


def chosen(page: Any) -> dict[str, Any]:
    return page.evaluate("page.settings")


@pytest.mark.browser
def test_a_link_wins_over_what_is_remembered(page: Any, url: str) -> None:
    page.evaluate("localStorage['emotion-settings'] = JSON.stringify({ uncertain_below: 0.8 })")
    query = "?__theme=dark&detector=mtcnn&largest=1&min_score=0.95&tab=webcam"
    page.goto(url + query)
    page.wait_for_selector("[data-tab-id=webcam][aria-selected=true]")
    assert chosen(page) == {
        "detector": "mtcnn",
        "min_score": 0.95,
        "largest": True,
        "uncertain_below": 0.5,
    }
    assert page.evaluate("location.search") == query
    assert (
        page.locator(".settings-now").text_content() == "MTCNN · from 0.95 · Only the largest face"
    )
    page.get_by_role("tab", name="Image").click()
    page.get_by_text("Settings", exact=True).first.click()
    page.get_by_label("Only the largest face").uncheck()
    assert page.evaluate("location.search") == "?__theme=dark&detector=mtcnn&min_score=0.95"
    # Now it is what this browser remembers, and the address of a plain visit says so too.
    page.goto(url)
    page.wait_for_function("location.search === '?detector=mtcnn&min_score=0.95'")


@pytest.mark.browser
def test_the_keyboard_changes_and_resets_settings(page: Any) -> None:
    page.locator("#settings summary").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    page.get_by_label("Smallest score of a face").press("ArrowRight")
    assert chosen(page)["min_score"] == pytest.approx(0.91)
    page.get_by_label("Face detector").press("m")
    assert (chosen(page)["detector"], chosen(page)["min_score"]) == ("mtcnn", None)
    page.get_by_role("button", name="Back to the defaults").press("Enter")
    assert chosen(page)["detector"] == "auto"
    assert page.evaluate("location.search") == ""
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.browser
@pytest.mark.parametrize("broken", ["{", '{"detector": "haar", "min_score": "x"}'])
def test_what_is_remembered_may_be_broken(page: Any, broken: str) -> None:
    page.evaluate("broken => { localStorage['emotion-settings'] = broken; }", broken)
    page.reload()
    page.wait_for_selector(".settings option", state="attached")
    assert chosen(page)["detector"] == "auto"
    assert chosen(page)["min_score"] is None
