"""The about tab: whose figures it shows, and that it shows those of the file."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from emotion import LABELS, EmotionClassifier
from emotion.hub import BUNDLED_MODEL
from emotion.types import ModelError
from tests.ui.conftest import free_port
from ui.about_tab import METRICS, about_tab, model_card, stated_figures
from ui.page import launch_options
from ui.settings import Recognizers

BUNDLED = BUNDLED_MODEL.parent

WITH_HAT = {"count": 77, "found": 77, "balanced_accuracy": 0.4321, "interval": [0.3, 0.5]}


@pytest.fixture(scope="module")
def bundled_metadata() -> dict[str, str]:
    return EmotionClassifier().metadata


def test_the_bundled_model_is_shown_with_the_figures_beside_it(
    bundled_metadata: dict[str, str],
) -> None:
    card = model_card(bundled_metadata, BUNDLED)
    assert card["figures"] == json.loads((BUNDLED / METRICS).read_text())
    assert card["figures"]["model"]["bytes"] == BUNDLED_MODEL.stat().st_size
    assert sorted(card["plots"]) == ["reliability", "roc"]
    assert all(uri.startswith("data:image/png;base64,") for uri in card["plots"].values())


@pytest.mark.parametrize(
    "change",
    [
        {"version": "0.0.0"},
        {"recipe": "another"},
        {"architecture": "another"},
        {"commit": "0" * 12},
        {"metrics": "{}"},
        {"metrics": '{"test": {"accuracy": 0.999}}'},
        {"metrics": '{"another split": {"accuracy": 0.5}}'},
    ],
)
def test_another_model_has_none_of_the_bundled_figures(
    bundled_metadata: dict[str, str], change: dict[str, str]
) -> None:
    card = model_card(bundled_metadata | change, BUNDLED)
    assert (card["figures"], card["plots"]) == (None, None)


@pytest.mark.parametrize(
    ("metadata", "stated"),
    [
        ({}, {}),
        ({"metrics": ""}, {}),
        ({"metrics": "0.7"}, {}),
        ({"metrics": "accuracy, f1"}, {}),
        ({"metrics": '{"accuracy": 0.7}'}, {}),
        ({"metrics": '{"test": {"accuracy": 0.7, "note": "good"}}'}, {"test": {"accuracy": 0.7}}),
    ],
)
def test_what_a_file_states_of_itself_is_numbers(
    metadata: dict[str, str], stated: dict[str, dict[str, float]]
) -> None:
    assert stated_figures(metadata) == stated


def test_missing_and_damaged_figures_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"metrics\.json is missing"):
        model_card({}, tmp_path)
    (tmp_path / METRICS).write_text("{")
    with pytest.raises(ModelError, match=r"metrics\.json is not JSON"):
        model_card({}, tmp_path)


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A copy of the bundled model's folder with other figures in its metrics.json, and those."""
    folder = tmp_path_factory.mktemp("model")
    for plot in ("roc.png", "reliability.png"):
        shutil.copy(BUNDLED / plot, folder)
    figures = json.loads((BUNDLED / METRICS).read_text())
    main = figures["test"]
    main |= {"accuracy": 0.1234, "interval": [0.1, 0.2], "calibration_error": 0.0567}
    main["without_twins"]["accuracy"] = 0.1111
    main["macro"]["f1"] = 0.222
    main["classes"]["fear"] = {"precision": 0.333, "recall": 0.001, "f1": 0.444, "count": 98765}
    main["auc"]["classes"]["fear"] = 0.987654
    main["confusion"][0] = [1, 0, 0, 0, 0, 0, 3]
    figures["photographs"] = {
        "holidays": {
            "count": 1234,
            "found": 1230,
            "detector": "yunet",
            "scored": ["happy"],
            "balanced_accuracy": 0.5551,
            "interval": [0.5, 0.6],
            "recall": {"happy": 0.777, "sad": 0.888},
            "by": {"hat": {"groups": {"with": WITH_HAT}, "scored": ["happy"], "small": {}}},
        }
    }
    (folder / METRICS).write_text(json.dumps(figures))
    return folder, figures


@pytest.fixture(scope="module")
def changed_url(
    served: gr.Blocks,
    recognizers: Recognizers,
    changed: tuple[Path, dict[str, Any]],
    bundled_metadata: dict[str, str],
) -> Iterator[str]:
    """The tab alone, with the changed figures; `served` prepares what every server here needs."""
    folder, figures = changed
    stated = {split: {"accuracy": figures[split]["accuracy"]} for split in ("test", "valid")}
    with gr.Blocks(analytics_enabled=False) as blocks:
        about_tab(bundled_metadata | {"metrics": json.dumps(stated)}, folder)
    options = launch_options(recognizers) | {"prevent_thread_lock": True, "quiet": True}
    blocks.launch(**options, server_name="127.0.0.1", server_port=free_port())
    yield blocks.local_url
    blocks.close()


def opened(browser: Any, address: str, locale: str, width: int = 1440) -> Any:
    context = browser.new_context(locale=locale, viewport={"width": width, "height": 844})
    context.set_default_timeout(90_000)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(".about-body:not([hidden])")
    return page


def rows(page: Any, section: str) -> dict[str, list[str]]:
    """The cells of a table by the heading of their row."""
    table = page.locator(f".about-{section} tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return {first: rest for first, *rest in table}


@pytest.mark.browser
def test_the_page_follows_metrics_json(browser: Any, changed_url: str) -> None:
    page = opened(browser, changed_url, "en")
    splits = rows(page, "splits")
    assert splits["Accuracy"][0] == "12.3%"
    assert splits["95% interval"][0] == "10.0% – 20.0%"
    assert splits["Accuracy without twins"][0] == "11.1%"
    assert splits["Macro F1"][0] == "0.222"
    assert splits["Calibration error"][0] == "5.7%"
    classes = rows(page, "classes")
    assert list(classes) == list(LABELS)
    assert classes["fear"] == ["33.3%", "0.1%", "44.4%", "0.988", "98,765"]
    assert rows(page, "confusion")["angry"] == ["25", "0", "0", "0", "0", "0", "75"]
    wild = rows(page, "photographs")
    assert wild["Balanced accuracy"] == ["55.5%"]
    assert (wild["happy"], wild["sad"], wild["fear"]) == (["77.7%"], ["(88.8%)"], ["–"])
    assert rows(page, "groups")["holidays, hat: with"] == ["77", "43.2%", "30.0% – 50.0%"]
    assert "measured further down" in page.locator(".about-fairness").text_content()
    tiles = page.locator(".about-tiles strong").all_text_contents()
    assert tiles[:3] == ["12.3%", "55.5%", "5.7%"]
    assert "“fear” least (0.1% of those faces)" in page.locator(".about-weakest").text_content()
    assert "fear (0.988)" in page.locator(".about-roc").get_attribute("alt")
    assert "5.7%" in page.locator(".about-reliability").get_attribute("alt")
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("locale", "name", "faces"),
    [("de", "Angst", "98.765"), ("es", "miedo", "98.765"), ("fr", "peur", "98 765")],
)
def test_numbers_are_written_as_the_language_writes_them(
    browser: Any, changed_url: str, locale: str, name: str, faces: str
) -> None:
    page = opened(browser, changed_url, locale, width=390)
    tile = page.locator(".about-tiles strong").first.text_content()
    # Some of these spaces are narrow, and none breaks.
    assert " ".join(tile.split()) == "12,3 %"
    assert " ".join(rows(page, "classes")[name][-1].split()) == faces
    # On a phone nothing sticks out.
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.context.close()


@pytest.mark.browser
def test_another_model_is_said_to_be_one(page: Any) -> None:
    """The app under test runs a tiny model."""
    page.get_by_role("tab", name="About").click()
    page.locator(".about-other").wait_for()
    for part in ("tiles", "splits", "photographs", "classes", "confusion", "plots", "weakest"):
        assert not page.locator(f".about-{part}").is_visible()
    assert not page.locator(".about-groups").is_visible()
    assert "tiny" in page.locator(".about-model").text_content()
    assert page.get_by_text("What it must not be used for").is_visible()
