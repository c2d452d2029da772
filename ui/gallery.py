"""The example pictures under the image tab: one click each."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import gradio as gr

from emotion import EmotionRecognizer
from emotion.image import load_image
from ui.view import Json, old_script, picture_uri, static

EXAMPLES = Path(__file__).parent.parent / "examples"
THUMBNAIL_SIDE = 160

# Times all examples: as many choices of detector and score as are worth remembering.
REMEMBERED = 4


def example_paths() -> list[Path]:
    """The pictures in examples/, sorted by name."""
    return sorted(path for path in EXAMPLES.iterdir() if path.suffix in {".jpg", ".png"})


def caption_of(path: Path) -> Json:
    """The text that names it, and its number: `portrait-3.jpg` is {n: 3} in "gallery.portrait"."""
    kind, _, number = path.stem.partition("-")
    return {"text": f"gallery.{kind}", "values": {"n": number}}


def example_gallery(paths: list[Path]) -> gr.HTML:
    """A row of buttons; sends `pick` with the `index` of the one that was pressed."""
    thumbnails = [
        caption_of(path) | {"picture": picture_uri(load_image(path), THUMBNAIL_SIDE)}
        for path in paths
    ]
    return gr.HTML(
        thumbnails,
        html_template=static("gallery.html"),
        js_on_load=old_script(static("gallery.js")),
        apply_default_css=False,
        elem_id="examples",
    )


def cached_by_index(
    paths: list[Path], view: Callable[[Path, EmotionRecognizer], Json]
) -> Callable[[object, EmotionRecognizer], Json]:
    """`view` of the picture that a visitor chose, computed once for each recogniser."""
    cached = lru_cache(maxsize=REMEMBERED * len(paths))(view)

    def chosen(index: object, recognizer: EmotionRecognizer) -> Json:
        # The index comes from the browser: only a number from the list is one.
        if not isinstance(index, int) or not 0 <= index < len(paths):
            raise gr.Error("There is no such example.", print_exception=False)
        return cached(paths[index], recognizer)

    return chosen
