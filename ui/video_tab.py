"""The video tab: a clip in; an annotated copy, a timeline and a table out.

static/video.js uploads the clip under a secret name and triggers the event "analyse". Gradio's
queue gives it a turn, sends the progress, and ends what was cancelled or whose page is gone.
"""

import os
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import gradio as gr
from gradio.utils import get_upload_folder

from emotion import LABELS, EmotionError, EmotionRecognizer
from emotion.video import Progress, analyse
from ui.limits import (
    CLIP_BYTES,
    CLIP_RATE,
    CLIP_RATES,
    CLIP_SECONDS,
    CLIP_WORK_SECONDS,
    CLIPS,
    CLIPS_AT_ONCE,
    MIB,
    PROGRESS_SECONDS,
)
from ui.samples import sample_clip
from ui.settings import Recognizers, Settings
from ui.text import LANGUAGES, TEXTS
from ui.timeline import Timeline
from ui.uploads import delete_upload, files_named, keep_upload
from ui.view import Json, component

LINE = "clips"


class ClipError(EmotionError):
    """A clip that can't be analysed; `problem` is the key of its sentence in texts/video.json."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class Request(NamedTuple):
    """Where a clip lies, frames of each second to analyse, the captions' language, the settings."""

    path: Path
    rate: int
    language: str
    settings: Settings

    @classmethod
    def of(cls, asked: Json) -> "Request":
        """Checks what the page asks for; raises EmotionError."""
        rate = asked.get("rate")
        if isinstance(rate, bool) or rate not in CLIP_RATES:
            raise ClipError("unreadable")
        clip = asked.get("clip")
        # What an earlier analysis made of a clip of that name is not the clip.
        paths = [path for path in files_named(clip) if path.name == clip]
        if not paths:
            raise ClipError("gone")
        language = asked.get("language")
        language = language if language in LANGUAGES else "en"
        return cls(paths[0], rate, language, Settings.of(asked.get("settings")))


def video_tab(recognizers: Recognizers, page: gr.Blocks) -> None:
    """Adds the tab's components to the Blocks around."""

    def line(clip: Any) -> Json:
        """{length, ahead}: clips that wait, and clips that go before this one, or None.

        It is asked while a clip waits, and keeps the clip from ui/sweep.py for that time.
        """
        keep_upload(clip)
        queue = page._queue.event_queue_per_concurrency_id.get(LINE)
        asked = [event.data and event.data.event_data for event in queue.queue] if queue else []
        names = [data.get("clip") if isinstance(data, dict) else None for data in asked]
        # A clip that was cancelled has gone, and its event waits on.
        clips = [name for name in names if files_named(name)]
        ahead = clips.index(clip) + CLIPS_AT_ONCE if clip in clips else None
        return {"length": len(clips), "ahead": ahead}

    def answers(event: gr.EventData) -> Iterator[Json]:
        """Progress, and in the end {result} or {problem}; all with the clip's name."""
        asked = event._data if isinstance(event._data, dict) else {}
        clip = {"clip": asked.get("clip")}
        try:
            request = Request.of(asked)
            with closing(_analysed(recognizers.get(request.settings), request)) as analysed:
                for answer in analysed:
                    yield clip | answer
        except EmotionError as error:
            yield clip | {"problem": getattr(error, "problem", "unreadable")}

    tab = component(
        "video",
        sends=["analyse"],
        server_functions=[line, delete_upload, sample_clip],
        rates={"offered": CLIP_RATES, "usual": CLIP_RATE},
        limits={"megabytes": CLIP_BYTES // MIB, "minutes": round(CLIP_SECONDS / 60)},
        longest_line=CLIPS,
    )
    tab.analyse(
        answers,
        None,
        tab,
        concurrency_id=LINE,
        concurrency_limit=CLIPS_AT_ONCE,
        trigger_mode="multiple",
        show_progress="hidden",
        api_visibility="private",
    )


def _analysed(recognizer: EmotionRecognizer, request: Request) -> Generator[Json]:
    """Progress every PROGRESS_SECONDS, then the result. The clip is deleted, whatever happens.

    It ends without a result once the page has deleted the clip, which is how a visitor cancels.
    """
    timeline = Timeline(request.settings.uncertain_below)
    clip, start = request.path, time.monotonic()
    told = start
    # In the folder that is deleted when the app ends; ui/sweep.py leaves what is touched.
    with TemporaryDirectory(prefix="clip-", dir=get_upload_folder()) as folder:
        annotated, table = Path(folder, "annotated.mp4"), Path(folder, "table.csv")
        reports = analyse(
            recognizer,
            clip,
            annotated=annotated,
            table=table,
            rate=request.rate,
            max_seconds=CLIP_SECONDS,
            names={label: TEXTS[f"labels.{label}"][request.language] for label in LABELS},
            uncertain_below=request.settings.uncertain_below,
        )
        with ExitStack() as stack:
            stack.callback(delete_upload, clip.name)
            stack.enter_context(closing(reports))
            for report in reports:
                if report.analysed is not None:
                    timeline.add(report.analysed)
                now = time.monotonic()
                if now - start > CLIP_WORK_SECONDS:
                    raise ClipError("slow")
                if now - told > PROGRESS_SECONDS:
                    told = now
                    os.utime(folder)
                    if not keep_upload(clip.name):
                        return
                    yield _progress(report)
        clip.parent.mkdir(exist_ok=True)
        for file in (annotated, table):
            file.replace(clip.with_name(clip.name + file.suffix))
    found = timeline.view(report.seconds)
    yield {"result": _progress(report) | {"missing": report.missing} | found}


def _progress(report: Progress) -> Json:
    return {
        "seconds": round(report.seconds, 3),
        "expected_seconds": report.expected_seconds,
        "seconds_left": report.seconds_left,
    }
