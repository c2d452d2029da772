"""The about tab: the card of the model in use, with its plots."""

import json

import httpx
import pytest

from emotion import EmotionClassifier
from emotion.hub import BUNDLED_MODEL
from ui.about_tab import shown_card


@pytest.fixture(scope="module")
def metadata() -> dict[str, str]:
    return EmotionClassifier().metadata


def test_the_bundled_model_shows_its_card(metadata: dict[str, str]) -> None:
    shown = shown_card(metadata)
    assert shown.lstrip().startswith("## ")
    assert shown.count('<div tabindex="0">\n\n|') == shown.count("\n|---") > 3
    accuracy = json.loads((BUNDLED_MODEL.parent / "metrics.json").read_text())["test"]["accuracy"]
    assert f"{accuracy:.1%}".replace("%", " %") in shown


def test_every_plot_in_the_card_is_served(url: str, metadata: dict[str, str]) -> None:
    plots = [path.name for path in BUNDLED_MODEL.parent.glob("*.png")]
    assert len(plots) >= 2
    for name in plots:
        assert f"](model/{name})" in shown_card(metadata)
        answer = httpx.get(f"{url}/model/{name}", timeout=60)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")


@pytest.mark.parametrize("change", [{"version": "0.0.0"}, {"commit": ""}])
def test_another_model_shows_what_its_file_says(
    metadata: dict[str, str], change: dict[str, str]
) -> None:
    shown = shown_card(metadata | change)
    assert shown.startswith("## Another model")
    assert f'"{metadata["recipe"]}"' in shown
