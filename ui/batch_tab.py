"""The batch tab: many pictures, or zips of them; a table, CSV, JSON and a contact sheet out.

The page's script (static/batch.js) sends one file at a time, and asks `read_files` about it. So
progress is what has been done, to cancel is to ask no more, nobody waits behind another's two
hundred pictures, and on the server there are two pictures in memory and none on disk.
"""

import csv
import io
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from anyio import CapacityLimiter, to_thread

from emotion import EmotionError, EmotionRecognizer, ImageError
from emotion.recognize import recognize_timed
from emotion.report import COLUMNS, record, rows, shown
from ui.archive import MIB, NAME_CHARACTERS, Archive, is_archive, open_archive
from ui.limits import PICTURE_BYTES
from ui.security import uploaded
from ui.settings import Recognizers, Settings
from ui.view import Json, crop_uri, face_view, old_script, static

# They run as one.
SCRIPTS = ("contact_sheet.js", "batch_table.js", "dropped.js", "batch.js")

# In one go: a minute on two cores.
PICTURES_AT_ONCE = 200
ARCHIVE_BYTES = 50 * MIB

# Seconds of work on a zip before the page hears of it, and may cancel.
PART_SECONDS = 1.0

# Parts at once, one a core: the others wait without a thread. There are 40 for all tabs, and who
# has a camera on would wait behind 40 who read pictures.
PARTS_AT_ONCE = 2

# What the page's script calls the files that it sends: no other upload is read or deleted here.
SENT = re.compile(r"batch-[0-9a-f]{32}")


class Question(NamedTuple):
    """A file that was sent, its owner's name for it, where to go on in it, and the settings."""

    path: Path
    name: str
    start: int
    settings: Settings

    @classmethod
    def of(cls, value: Any) -> "Question":
        """What the page asks; raises EmotionError, for a program can send anything."""
        if not isinstance(value, dict):
            raise EmotionError("the question must be an object")
        path, name, start = (value.get(key) for key in ("path", "name", "start"))
        if not (isinstance(path, str) and isinstance(name, str) and isinstance(start, int)):
            raise EmotionError("the question must have a path, a name and a start")
        name = shown(Path(name[-NAME_CHARACTERS:]))
        return cls(_sent(path, name), name, max(0, start), Settings.of(value.get("settings")))


def _sent(text: str, name: str) -> Path:
    path = Path(text)
    if not SENT.fullmatch(path.name):
        raise ImageError(f"{name} is not a file that was sent here")
    if not uploaded(path).is_file():
        raise ImageError(f"{name} is not here any more: send it again")
    return path


def batch_tab(recognizers: Recognizers) -> None:
    """Adds the tab's parts to the Blocks around."""
    at_once = CapacityLimiter(PARTS_AT_ONCE)

    async def read_files(question: Json) -> Json:
        """{path, name, start, settings} to {results, next, total}, or {error}."""
        return await to_thread.run_sync(read, question, limiter=at_once)

    def read(question: Json) -> Json:
        try:
            asked = Question.of(question)
            recognizer = recognizers.get(asked.settings)
            return _answer(recognizer, asked)
        except EmotionError as error:
            return {"error": str(error)}

    def forget_file(question: Json) -> None:
        """Deletes what was sent, as the visitor cancelled."""
        with suppress(EmotionError):
            Question.of(question).path.unlink(missing_ok=True)

    gr.HTML(
        html_template=static("batch.html"),
        js_on_load=old_script("".join(map(static, SCRIPTS))),
        server_functions=[read_files, forget_file],
        apply_default_css=False,
        elem_id="batch",
        columns=COLUMNS,
        limits={
            "pictures": PICTURES_AT_ONCE,
            "picture": PICTURE_BYTES // MIB,
            "archive": ARCHIVE_BYTES // MIB,
        },
    )


def _answer(recognizer: EmotionRecognizer, asked: Question) -> Json:
    finished = True
    try:
        zipped = is_archive(asked.path)
        _check_size(asked, ARCHIVE_BYTES if zipped else PICTURE_BYTES)
        if not zipped:
            return {"results": [_result(recognizer, asked, asked.path.read_bytes())], "total": 1}
        answer = _read_part(recognizer, asked)
        finished = "next" not in answer
        return answer
    finally:
        if finished:
            asked.path.unlink(missing_ok=True)


def _check_size(asked: Question, limit: int) -> None:
    if asked.path.stat().st_size > limit:
        raise ImageError(f"{asked.name} is larger than {limit // MIB} MB")


def _read_part(recognizer: EmotionRecognizer, asked: Question) -> Json:
    """About a second's work on a zip; `next` says where to go on."""
    # Or the timer that deletes old uploads would come in between.
    os.utime(asked.path)
    with open_archive(asked.path, asked.name) as archive:
        total = len(archive.members)
        results = list(_some(recognizer, archive, asked))
    answer = {"results": results, "total": total, "others": archive.others}
    done = asked.start + len(results)
    return answer | {"next": done} if done < total else answer


def _some(recognizer: EmotionRecognizer, archive: Archive, asked: Question) -> Iterator[Json]:
    end = time.monotonic() + PART_SECONDS
    for member in archive.members[asked.start :]:
        name = archive.shown(member)
        try:
            data = archive.read(member)
        except ImageError as error:
            yield _failure(name, error)
        else:
            yield _result(recognizer, asked._replace(name=name), data)
        if time.monotonic() > end:
            return


def _result(recognizer: EmotionRecognizer, asked: Question, data: bytes) -> Json:
    """One picture as the page's script reads it; one that can't be read is an error in it."""
    try:
        image, predictions, ms = recognize_timed(recognizer, data)
    except ImageError as error:
        # Bytes have no name: the sentence begins with "the image".
        return _failure(asked.name, ImageError(asked.name + str(error).removeprefix("the image")))
    faces = [
        face_view(prediction, asked.settings.uncertain_below)
        | {"crop": crop_uri(image, prediction.face.box)}
        for prediction in predictions
    ]
    text = io.StringIO()
    csv.writer(text).writerows(rows(asked.name, predictions))
    return {
        "record": record(asked.name, image.shape, predictions, ms),
        "faces": faces,
        "csv": text.getvalue(),
    }


def _failure(name: str, error: EmotionError) -> Json:
    return {"record": {"image": name, "error": str(error)}, "faces": [], "csv": ""}
