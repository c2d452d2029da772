from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from ui.gallery import cached_by_index, caption_of, example_paths
from ui.text import TEXTS


@pytest.mark.parametrize(
    ("name", "caption"),
    [
        ("astronaut.jpg", {"text": "gallery.astronaut", "values": {"n": ""}}),
        ("portrait-12.png", {"text": "gallery.portrait", "values": {"n": "12"}}),
    ],
)
def test_captions_name_a_text_and_a_number(name: str, caption: dict[str, Any]) -> None:
    assert caption_of(Path(name)) == caption


def test_examples_are_pictures_in_order_and_have_captions() -> None:
    paths = example_paths()
    assert "astronaut.jpg" in [path.name for path in paths]
    assert paths == sorted(paths)
    assert {path.suffix for path in paths} <= {".jpg", ".png"}
    assert {caption_of(path)["text"] for path in paths} <= TEXTS.keys()


@pytest.mark.parametrize("index", [None, -1, 2, 0.5, "0", [0]])
def test_only_an_index_of_the_list_chooses(index: Any) -> None:
    chosen = cached_by_index([Path("a.png"), Path("b.png")], lambda path, _: {"name": path.name})
    with pytest.raises(gr.Error, match="no such example"):
        chosen(index, "a recogniser")


def test_an_example_is_computed_once_for_each_recogniser() -> None:
    calls: list[tuple[Path, str]] = []
    chosen = cached_by_index([Path("a.png")], lambda *asked: {"call": calls.append(asked)})
    assert chosen(0, "one") is chosen(0, "one")
    chosen(0, "another")
    assert calls == [(Path("a.png"), "one"), (Path("a.png"), "another")]
