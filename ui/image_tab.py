"""The image tab: a picture in; its faces, boxed, named and with seven bars each, out."""

import csv
import io
from typing import Any

import gradio as gr

from emotion.report import COLUMNS, record, rows
from ui.gallery import cached_by_index, caption_of, example_gallery, example_paths
from ui.photo import Photo, read_photo, shown_to_visitor, upload_of
from ui.settings import Recognizers
from ui.view import Json, crop_uri, face_view, picture_uri, static

CAMERA = {"video": {"width": {"ideal": 1280}, "height": {"ideal": 720}, "facingMode": "user"}}

# Gradio keeps each visitor's last result in memory for as long as the server runs. This replaces
# it there as soon as it was sent; the page goes on showing what it has.
SHOWN = "shown"

PROMPT = "Choose a picture\nor drop, paste or take one"


def image_tab(recognizers: Recognizers, settings: gr.HTML) -> None:  # noqa: ARG001
    """Adds the tab's parts to the Blocks around."""
    recognizer = recognizers.default
    paths = example_paths()

    def show_upload(payload: dict[str, Any] | None) -> tuple[gr.Image, Json]:
        with shown_to_visitor():
            photo = read_photo(recognizer, *upload_of(payload))
        return gr.Image(visible=False), photo_view(photo)

    view_example = cached_by_index(
        paths, lambda path: photo_view(read_photo(recognizer, path, caption_of(path)))
    )

    def show_example(event: gr.EventData) -> tuple[gr.Image, Json]:
        return gr.Image(visible=False), view_example(getattr(event, "index", None))

    picture = _picture_input()
    result = gr.HTML(
        None,
        html_template=static("image.html"),
        js_on_load=static("image.js"),
        apply_default_css=False,
        elem_id="result",
    )
    gallery = example_gallery(paths)
    views = [picture, result]
    quiet = {"api_visibility": "private", "show_progress": "minimal", "show_progress_on": picture}
    upload = picture.input(show_upload, picture, views, preprocess=False, **quiet)
    choice = gallery.pick(show_example, None, views, **quiet)
    # Nothing of a file that could not be read is left to look at.
    upload.failure(_start_over, None, views, **quiet)
    result.again(_start_over, None, views, **quiet)
    upload.success(lambda: SHOWN, None, result, **quiet)
    choice.success(lambda: SHOWN, None, result, **quiet)


def photo_view(photo: Photo) -> Json:
    """A picture and its faces as the page's script reads them."""
    height, width = photo.image.shape[:2]
    faces = [
        face_view(prediction) | {"crop": crop_uri(photo.image, prediction.face.box)}
        for prediction in photo.predictions
    ]
    return {
        "name": photo.name,
        "width": width,
        "height": height,
        "picture": picture_uri(photo.image),
        "faces": faces,
        "ms": round(sum(photo.ms.values())),
        "record": _record(photo),
        "csv": _csv(photo),
    }


def _record(photo: Photo) -> Json:
    return record(photo.name, photo.image.shape, photo.predictions, photo.ms)


def _csv(photo: Photo) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *rows(photo.name, photo.predictions)])
    return text.getvalue()


def _picture_input() -> gr.Image:
    return gr.Image(
        label="Picture",
        show_label=False,
        sources=["upload", "clipboard", "webcam"],
        type="filepath",
        image_mode=None,
        buttons=[],
        height=320,
        placeholder=PROMPT,
        webcam_options=gr.WebcamOptions(mirror=True, constraints=CAMERA),
        elem_id="picture",
    )


def _start_over() -> tuple[gr.Image, None]:
    return gr.Image(value=None, visible=True), None
