"""The image tab: a picture in; its faces, boxed, named and with seven bars each, out."""

import csv
import io
from pathlib import Path
from typing import Any

import gradio as gr

from emotion import FacePrediction, ImageError
from emotion.crop import frame_of
from emotion.report import COLUMNS, record, rows
from ui.gallery import cached_by_index, example_gallery, example_paths
from ui.limits import PICTURES
from ui.photo import Photo, read_photo, shown_to_visitor, upload_of
from ui.settings import Panel, Recognizers, Settings
from ui.text import text
from ui.view import (
    AT_ONCE,
    Image,
    Json,
    crop_uri,
    face_view,
    old_script,
    picture_uri,
    static,
)

CAMERA = {"video": {"width": {"ideal": 1280}, "height": {"ideal": 720}, "facingMode": "user"}}

# Gradio keeps each visitor's last result in memory for as long as the server runs. This replaces
# it there as soon as it was sent; the page goes on showing what it has.
SHOWN = "shown"


def image_tab(recognizers: Recognizers, settings: Panel) -> None:
    """Adds the tab's parts to the Blocks around."""
    paths = example_paths()
    view_example = cached_by_index(
        paths, lambda path, recognizer: photo_view(read_photo(recognizer, path, path.name))
    )

    def answered(payload: Json | None, chosen: Any, example: object) -> tuple[gr.Image, Json]:
        with shown_to_visitor():
            recognizer = recognizers.get(Settings.from_panel(*chosen))
            if example is None:
                view = photo_view(read_photo(recognizer, *_still_here(*upload_of(payload))))
            else:
                view = view_example(example, recognizer)
        return gr.Image(visible=False), view | {"example": example}

    def show(payload: Json | None, *chosen: Any) -> tuple[gr.Image, Json]:
        return answered(payload, chosen, None)

    def show_again(
        event: gr.EventData, payload: Json | None, *chosen: Any
    ) -> tuple[gr.Image, Json]:
        # The number of an example, or none: see static/gallery.js and static/image.js.
        return answered(payload, chosen, getattr(event, "index", None))

    picture, result = _picture_input(), _result()
    gallery = example_gallery(paths)
    views = [picture, result]
    in_turn: dict[str, Any] = {
        **PICTURES,
        "api_visibility": "private",
        "show_progress": "minimal",
        "show_progress_on": picture,
    }
    upload = picture.input(show, [picture, *settings], views, preprocess=False, **in_turn)
    # Nothing of a file that could not be read is left to look at.
    upload.failure(_start_over, None, views, **AT_ONCE)
    upload.success(lambda: SHOWN, None, result, **AT_ONCE)
    for asked in (gallery.pick, result.look_again):
        answer = asked(show_again, [picture, *settings], views, preprocess=False, **in_turn)
        answer.success(lambda: SHOWN, None, result, **AT_ONCE)
    result.start_over(_start_over, None, views, **AT_ONCE)


def photo_view(photo: Photo) -> Json:
    """A picture and its faces as the page's script reads them."""
    height, width = photo.image.shape[:2]
    return {
        "name": photo.name,
        "width": width,
        "height": height,
        "picture": picture_uri(photo.image),
        "faces": [_face(photo.image, prediction) for prediction in photo.predictions],
        "ms": round(sum(photo.ms.values())),
        "record": record(photo.name, photo.image.shape, photo.predictions, photo.ms),
        "csv": _csv(photo),
    }


def _face(image: Image, prediction: FacePrediction) -> Json:
    """A face with its crop, the square that it shows, and what counted there, if the model says."""
    box, attention = prediction.face.box, prediction.attention
    return face_view(prediction) | {
        "crop": crop_uri(image, box),
        "frame": [round(edge, 1) for edge in frame_of(box)],
        # Hundredths: a colour has no finer steps.
        "attention": None if attention is None else attention.round(2).tolist(),
    }


def _csv(photo: Photo) -> str:
    table = io.StringIO()
    csv.writer(table).writerows([COLUMNS, *rows(photo.name, photo.predictions)])
    return table.getvalue()


def _still_here(source: Path | bytes, name: str) -> tuple[Path | bytes, str]:
    """The same; ImageError for a picture that was deleted before its settings were changed."""
    if isinstance(source, Path) and not source.is_file():
        raise ImageError(f"{name} was deleted from the server meanwhile: choose it again")
    return source, name


def _picture_input() -> gr.Image:
    return gr.Image(
        label=text("image.picture"),
        show_label=False,
        sources=["upload", "clipboard", "webcam"],
        type="filepath",
        image_mode=None,
        buttons=[],
        height=320,
        placeholder=text("image.prompt"),  # type: ignore[arg-type]  # translated all the same
        webcam_options=gr.WebcamOptions(mirror=True, constraints=CAMERA),
        elem_id="picture",
    )


def _result() -> gr.HTML:
    return gr.HTML(
        None,
        html_template=static("image.html"),
        js_on_load=old_script("\n".join(map(static, ("attention.js", "image.js", "drop.js")))),
        apply_default_css=False,
        elem_id="result",
    )


def _start_over() -> tuple[gr.Image, None]:
    return gr.Image(value=None, visible=True), None
