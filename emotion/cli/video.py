"""A clip on the command line: lines for what is seen when, and on demand film and table."""

import json
import sys
from argparse import Namespace
from contextlib import closing
from pathlib import Path

from emotion.cli.inputs import shown
from emotion.recognize import EmotionRecognizer
from emotion.report import face_record
from emotion.types import EmotionError, VideoError
from emotion.video.analyse import analyse
from emotion.video.progress import Analysed, Progress

MISSING = {
    "beyond": "is longer than what was read",
    "absent": "is shorter than its header says: it may be cut short",
    "damaged": "is damaged in parts: the result may be wrong there",
}


def screen(recognizer: EmotionRecognizer, source: Path, options: Namespace) -> int:
    """Prints a line for each analysed frame; the exit code. Raises EmotionError."""
    film = None if options.annotate is None else _film_path(options.annotate, source)
    form = _as_json if options.json else _as_text
    reports = analyse(recognizer, source, film=film, table=options.csv, rate=options.rate)
    try:
        with closing(reports):
            for report in reports:
                if report.analysed is not None:
                    print(form(source, report.analysed), flush=True)
    except VideoError as error:
        # As it was typed, and not its last part only.
        sentence = str(error).removeprefix(shown(Path(source.name)))
        raise VideoError(f"{shown(source)}{sentence}") from error
    return _finish(source, report)


def _film_path(folder: Path, source: Path) -> Path:
    film = folder / source.with_suffix(".mp4").name
    if film.resolve() == source.resolve():
        raise EmotionError(f"{shown(source)} is not marked: it would replace the video")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmotionError(f"{shown(folder)} can't be written: {error.strerror}") from error
    return film


def _as_text(source: Path, analysed: Analysed) -> str:
    faces = ", ".join(
        f"{face.id} {face.prediction.label} {face.prediction.confidence:.2f}"
        for face in analysed.faces
    )
    return f"{shown(source)} {analysed.seconds:.2f} s: {faces or 'no face'}"


def _as_json(source: Path, analysed: Analysed) -> str:
    faces = [{"person": face.id} | face_record(face.prediction) for face in analysed.faces]
    seconds = round(analysed.seconds, 3)
    return json.dumps({"video": str(source), "seconds": seconds, "faces": faces})


def _finish(source: Path, report: Progress) -> int:
    if report.missing == "nothing":
        return 0
    print(f"{shown(source)} {MISSING[report.missing]}", file=sys.stderr)
    return 1
