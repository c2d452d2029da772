"""The video tab: a clip in; the film with the faces marked, a timeline and a table out.

The page's script (static/video.js) sends the clip, has it analysed as a job (ui/jobs.py), asks
how far it is, fetches film and table into the browser's memory, and has them deleted here.
"""

import re
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from emotion import EmotionError, EmotionRecognizer
from emotion.draw import COLOURS, hex_colour, text_colour
from emotion.report import shown
from emotion.types import VideoError
from emotion.video import Progress, analyse
from ui.jobs import Jobs, Steps
from ui.security import uploaded
from ui.settings import Recognizers, Settings, SettingsError
from ui.timeline import Timeline
from ui.view import Json, old_script, static

MIB = 2**20

# A minute from a phone, in full HD, takes about this much.
CLIP_BYTES = 100 * MIB

# So much is done in five minutes on two cores, at five frames a second.
CLIP_SECONDS = 180.0

# No clip of 4K, or of a thousand frames a second, keeps the others waiting for longer.
WORK_SECONDS = 600.0
SHORTER = "a shorter or smaller one, or fewer frames a second, may do"

# Frames to look at in each second of the clip; the page offers these.
RATES = (1, 2, 5, 10, 30)
RATE = 5

# What the page's script calls the clips that it sends: no other upload is read or moved here.
SENT = re.compile(r"video-[0-9a-f]{32}")

NAME_CHARACTERS = 255


class Question(NamedTuple):
    """A clip that was sent, its owner's name for it, and how it is to be analysed."""

    path: Path
    name: str
    rate: int
    settings: Settings

    @classmethod
    def of(cls, value: Any) -> "Question":
        """What the page asks; raises EmotionError, for a program can send anything."""
        if not isinstance(value, dict):
            raise EmotionError("the question must be an object")
        path, name, rate = (value.get(key) for key in ("path", "name", "rate"))
        if not (isinstance(path, str) and isinstance(name, str)):
            raise EmotionError("the question must have a path and a name")
        if isinstance(rate, bool) or rate not in RATES:
            raise SettingsError(f"the rate must be one of {RATES}, but is {rate!r:.40}")
        name = shown(Path(name[-NAME_CHARACTERS:]))
        return cls(_sent(path, name), name, rate, Settings.of(value.get("settings")))


def _sent(text: str, name: str) -> Path:
    path = Path(text)
    if not SENT.fullmatch(path.name):
        raise VideoError(f"{name} is not a clip that was sent here")
    if not uploaded(path).is_file():
        raise VideoError(f"{name} is not here any more: send it again")
    return path


def video_answers(recognizers: Recognizers, jobs: Jobs) -> list[Callable[[Any], Json]]:
    """What static/video.js asks: to begin, how far it is, to end."""

    def begin(question: Any) -> Json:
        """{path, name, rate, settings} to {job} or {error}."""
        try:
            asked = Question.of(question)
            return {"job": jobs.start(lambda folder: _steps(recognizers, asked, folder))}
        except EmotionError as error:
            return {"error": str(error)}

    def progress(job: Any) -> Json:
        """{ahead}, or how far the work is, or its {result}, or {error}."""
        try:
            return jobs.ask(str(job))
        except EmotionError as error:
            return {"error": str(error)}

    def end(job: Any) -> Json:
        """Cancels the work, or deletes what it made."""
        jobs.end(str(job))
        return {}

    return [begin, progress, end]


def video_tab(recognizers: Recognizers) -> None:
    """Adds the tab's parts to the Blocks around; the script sends the settings with the clip."""
    gr.HTML(
        html_template=static("video.html"),
        js_on_load=old_script(static("timeline.js") + static("video.js")),
        server_functions=video_answers(recognizers, Jobs()),
        apply_default_css=False,
        elem_id="video",
        colours={
            label: {"fill": hex_colour(fill), "text": hex_colour(text_colour(fill))}
            for label, fill in COLOURS.items()
        },
        rates={"offered": RATES, "usual": RATE},
        limits={"megabytes": CLIP_BYTES // MIB, "minutes": round(CLIP_SECONDS / 60)},
    )


def _steps(recognizers: Recognizers, asked: Question, folder: Path) -> Steps:
    recognizer = recognizers.get(asked.settings)
    # Here Gradio's timer does not delete it while it waits in the line.
    clip = asked.path.replace(folder / "clip")
    return _answers(recognizer, asked, clip)


def _answers(recognizer: EmotionRecognizer, asked: Question, clip: Path) -> Steps:
    film, table = clip.with_name("expressions.mp4"), clip.with_name("expressions.csv")
    below = asked.settings.uncertain_below
    timeline = Timeline(below)
    options: Any = {"rate": asked.rate, "max_seconds": CLIP_SECONDS, "uncertain_below": below}
    start = time.monotonic()
    try:
        with closing(analyse(recognizer, clip, annotated=film, table=table, **options)) as reports:
            for report in reports:
                if report.analysed is not None:
                    timeline.add(report.analysed)
                yield _progress(report)
                if time.monotonic() - start > WORK_SECONDS:
                    raise VideoError(f"{clip.name} takes too long: {SHORTER}")
    except VideoError as error:
        # The sentence names the file, which has its owner's name no more.
        raise VideoError(f"{asked.name}{str(error).removeprefix(clip.name)}") from error
    finally:
        clip.unlink(missing_ok=True)
    yield {"result": _result(report, timeline, film, table)}


def _progress(report: Progress) -> Json:
    return {
        "seconds": report.seconds,
        "expected_seconds": report.expected_seconds,
        "seconds_left": report.seconds_left,
    }


def _result(report: Progress, timeline: Timeline, film: Path, table: Path) -> Json:
    return {
        "film": str(film),
        "table": str(table),
        "seconds": round(report.seconds, 3),
        "expected_seconds": report.expected_seconds,
        "missing": report.missing,
        **timeline.view(report.seconds),
    }
