"""The batch tab: many pictures, or zips of them; a list, CSV, JSON and a contact sheet out.

static/batch.js unpacks the zips, uploads one picture after another and asks `read_picture` about
each. Progress is the number read, cancelling is to send no more, and nobody waits for another's
two hundred pictures. The server has two pictures in memory and none on disk for long.
"""

from pathlib import Path
from typing import Any

from anyio import CapacityLimiter, to_thread

from emotion import EmotionError
from emotion.recognize import recognize_timed
from emotion.report import COLUMNS, record, shown
from ui.gallery import CAPTIONS, example_path
from ui.limits import (
    MIB,
    NAME_CHARACTERS,
    ORIGINAL_BYTES,
    PICTURES_AT_ONCE,
    READERS,
    SENT_PIXELS,
    ZIP_MEMBERS,
)
from ui.settings import Recognizers, Settings
from ui.uploads import delete_upload, files_named
from ui.view import Json, component, crop_uri, face_view


def batch_tab(recognizers: Recognizers) -> None:
    """Adds the tab's components to the Blocks around."""
    readers = CapacityLimiter(READERS)

    async def read_picture(request: Any) -> Json:
        """{upload, name, settings} to {record, faces}, or {problem, error}."""
        return await to_thread.run_sync(_read, recognizers, request, limiter=readers)

    component(
        "batch",
        server_functions=[read_picture],
        columns=COLUMNS,
        samples=[example_path(name).name for name in CAPTIONS],
        limits={
            "pictures": PICTURES_AT_ONCE,
            "megabytes": ORIGINAL_BYTES // MIB,
            "pixels": SENT_PIXELS,
            "members": ZIP_MEMBERS,
        },
    )


def _read(recognizers: Recognizers, request: Any) -> Json:
    asked = request if isinstance(request, dict) else {}
    upload = asked.get("upload")
    name = shown(Path(str(asked.get("name"))[-NAME_CHARACTERS:]))
    try:
        return _result(recognizers, upload, name, Settings.of(asked.get("settings")))
    except EmotionError as error:
        # Bytes have no name: the sentence begins with "the image".
        return {"problem": "unreadable", "error": name + str(error).removeprefix("the image")}
    finally:
        delete_upload(upload)


def _result(recognizers: Recognizers, upload: Any, name: str, settings: Settings) -> Json:
    paths = files_named(upload)
    if not paths:
        return {"problem": "gone", "error": f"{name} is no longer on the server"}
    if paths[0].stat().st_size > ORIGINAL_BYTES:
        return {
            "problem": "too_large",
            "error": f"{name} is larger than {ORIGINAL_BYTES // MIB} MB",
        }
    image, predictions, ms = recognize_timed(recognizers.get(settings), paths[0].read_bytes())
    faces = [
        face_view(prediction) | {"crop": crop_uri(image, prediction.face)}
        for prediction in predictions
    ]
    return {"record": record(name, image.shape, predictions, ms), "faces": faces}
