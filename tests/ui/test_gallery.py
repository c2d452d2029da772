from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from ui.gallery import cached_by_index, caption_of, example_paths


@pytest.mark.parametrize(
    ("name", "caption"),
    [
        ("astronaut.jpg", "Astronaut"),
        ("happy-portrait.png", "Happy portrait"),
        ("two_faces.jpg", "Two faces"),
    ],
)
def test_captions_are_words(name: str, caption: str) -> None:
    assert caption_of(Path(name)) == caption


def test_examples_are_pictures_in_order() -> None:
    paths = example_paths()
    assert "astronaut.jpg" in [path.name for path in paths]
    assert paths == sorted(paths)
    assert {path.suffix for path in paths} <= {".jpg", ".png"}


@pytest.mark.parametrize("index", [None, -1, 2, 0.5, "0", [0]])
def test_only_an_index_of_the_list_chooses(index: Any) -> None:
    chosen = cached_by_index([Path("a.png"), Path("b.png")], lambda path: {"name": path.name})
    with pytest.raises(gr.Error, match="no such example"):
        chosen(index)


def test_an_example_is_computed_once() -> None:
    calls: list[Path] = []
    chosen = cached_by_index([Path("a.png")], lambda path: {"call": calls.append(path)})
    assert chosen(0) is chosen(0)
    assert calls == [Path("a.png")]
