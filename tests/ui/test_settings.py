"""The settings: what a client may send, one recognizer for each choice, and the panel."""

import math
from pathlib import Path
from typing import Any

import pytest

from emotion import ModelError
from emotion.detection.yunet import MIN_SCORE as YUNET_SCORE
from emotion.hub import YUNET_FILE, YUNET_REPO
from tests import hub_stand_in
from tests.hub_stand_in import Repository
from tests.ui.own_server import running
from ui.settings import Recognizers, Settings, SettingsError, linked


@pytest.mark.parametrize(
    ("value", "settings"),
    [
        (None, Settings()),
        ({"min_score": None, "unknown": 1}, Settings()),
        ({"detector": "mtcnn", "largest": True}, Settings(detector="mtcnn", largest=True)),
        ({"min_score": 0.777}, Settings(min_score=0.78)),
    ],
)
def test_settings_of_what_the_page_sends(value: Any, settings: Settings) -> None:
    assert Settings.of(value) == settings


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "the settings must be an object"),
        ({"detector": "haar"}, "detector must be auto, yunet or mtcnn, but is 'haar'"),
        ({"min_score": True}, "min_score must lie between 0 and 1, but is True"),
        ({"uncertain_below": math.nan}, "uncertain_below must lie between 0 and 1, but is nan"),
        ({"largest": "x" * 999}, "largest must be true or false"),
    ],
)
def test_a_wrong_setting_is_one_sentence(value: Any, problem: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.of(value)
    assert problem in str(raised.value)
    assert len(str(raised.value)) < 120


def test_recognizers_share_the_classifier(recognizers: Recognizers) -> None:
    assert recognizers.get(Settings()) is recognizers.default
    chosen = recognizers.get(Settings(min_score=0.95, largest=True))
    assert chosen is recognizers.get(Settings(min_score=0.95, largest=True, uncertain_below=0.3))
    assert chosen is not recognizers.default
    assert chosen.classifier is recognizers.default.classifier


def test_a_missing_detector_is_one_sentence(recognizers: Recognizers) -> None:
    with pytest.raises(ModelError, match="YuNet's file is not here"):
        recognizers.get(Settings(detector="yunet"))
    assert list(recognizers.scores()) == ["auto", "mtcnn"]


def test_yunet_is_offered_where_it_is_installed(
    tiny_model: Path, yunet_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_YUNET", str(yunet_path))
    scores = Recognizers(tiny_model).scores()
    assert list(scores) == ["auto", "yunet", "mtcnn"]
    assert scores["auto"] == scores["yunet"]


@pytest.mark.parametrize(
    ("query", "settings"),
    [
        ({"tab": "webcam"}, {}),
        ({"largest": "1", "min_score": "0.95"}, {"largest": True, "min_score": 0.95}),
        ({"largest": "yes"}, {"largest": False}),
        ({"min_score": "x"}, {"min_score": "x"}),
    ],
)
def test_what_an_address_names(query: dict[str, str], settings: dict[str, Any]) -> None:
    assert linked(query) == settings


def chosen(page: Any) -> dict[str, Any]:
    return page.evaluate("import('/scripts/page.js').then(({ settings }) => settings)")


def wait_for_address(page: Any, query: str) -> None:
    page.wait_for_function("query => location.search === query", arg=query)


def wait_until_remembered(page: Any) -> None:
    """Until more than an empty object is in the browser's storage, which is encrypted."""
    page.wait_for_function("localStorage['emotion-settings'].length > 100")


@pytest.mark.browser
def test_a_link_comes_before_what_is_remembered(page: Any, url: str) -> None:
    page.locator("#settings-panel > button").click()
    page.get_by_label("Only the largest face").check()
    wait_until_remembered(page)
    query = "?__theme=dark&detector=mtcnn&min_score=0.95&tab=webcam"
    page.goto(url + query)
    page.wait_for_selector("[data-tab-id=webcam][aria-selected=true]")
    title = page.locator("#settings-panel > button[data-changes^=MTCNN]")
    assert title.get_attribute("data-changes") == "MTCNN · from 0.95"
    assert chosen(page) == {
        "detector": "mtcnn",
        "min_score": 0.95,
        "largest": False,
        "uncertain_below": 0.5,
    }
    assert page.evaluate("location.search") == query
    # The link is forgotten with the visit.
    page.goto(url)
    wait_for_address(page, "?largest=1")


@pytest.mark.browser
def test_the_keyboard_changes_and_resets_settings(page: Any) -> None:
    page.locator("#settings-panel > button").press("Enter")
    score = page.get_by_label("range slider for Minimum score of a face")
    score.press("ArrowRight")
    wait_for_address(page, "?min_score=0.91")
    page.get_by_label("MTCNN").press("Space")
    wait_for_address(page, "?detector=mtcnn")
    page.get_by_role("button", name="Reset", exact=True).press("Enter")
    wait_for_address(page, "")
    assert chosen(page)["detector"] == "auto"


@pytest.mark.browser
def test_what_is_remembered_may_be_damaged(page: Any, url: str) -> None:
    page.evaluate("localStorage['emotion-settings'] = '{'")
    page.reload()
    page.locator("#settings-panel > button[data-changes]").wait_for()
    assert chosen(page)["detector"] == "auto"


@pytest.mark.browser
def test_the_better_detector_is_a_click_away(
    page: Any, tmp_path: Path, tiny_model: Path, yunet_path: Path
) -> None:
    """Downloaded by HTTP from a Hub that stands in, and used from then on."""
    with hub_stand_in.running() as hub:
        content = yunet_path.read_bytes()
        hub.repositories[YUNET_REPO] = Repository(commits=[{YUNET_FILE: content}])
        there = {"HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "0"}
        with running(tmp_path, "pass", EMOTION_MODEL=str(tiny_model), **there) as server:
            page.goto(server.url)
            page.locator("#settings-panel > button").click()
            fetch = page.get_by_role("button", name="Fetch YuNet")
            fetch.click()
            fetch.wait_for(state="hidden")
            # Offered only where it finds the faces.
            page.get_by_label("YuNet", exact=True).check()
            wait_for_address(page, "?detector=yunet")
            assert chosen(page)["min_score"] == YUNET_SCORE
