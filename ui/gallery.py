"""The example pictures under the image tab: one click each."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import gradio as gr

from emotion.image import load_image
from ui.view import Json, picture_uri, static

EXAMPLES = Path(__file__).parent.parent / "examples"
THUMBNAIL_SIDE = 160


def example_paths() -> list[Path]:
    """The pictures in examples/, sorted by name."""
    return sorted(path for path in EXAMPLES.iterdir() if path.suffix in {".jpg", ".png"})


def caption_of(path: Path) -> str:
    """The file's name as words: `sad-portrait.png` is "Sad portrait"."""
    return path.stem.replace("-", " ").replace("_", " ").capitalize()


def example_gallery(paths: list[Path]) -> gr.HTML:
    """A row of buttons; sends `pick` with the `index` of the one that was pressed."""
    thumbnails = [
        {"caption": caption_of(path), "picture": picture_uri(load_image(path), THUMBNAIL_SIDE)}
        for path in paths
    ]
    return gr.HTML(
        thumbnails,
        html_template=static("gallery.html"),
        js_on_load=static("gallery.js"),
        apply_default_css=False,
        elem_id="examples",
    )


def cached_by_index(paths: list[Path], view: Callable[[Path], Json]) -> Callable[[object], Json]:
    """`view` of the picture that a visitor chose, computed once for each."""
    cached = lru_cache(maxsize=len(paths))(view)

    def chosen(index: object) -> Json:
        # The index comes from the browser: only a number from the list is one.
        if not isinstance(index, int) or not 0 <= index < len(paths):
            raise gr.Error("There is no such example.", print_exception=False)
        return cached(paths[index])

    return chosen
