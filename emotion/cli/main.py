"""The command line: what may be typed, and the exit codes.

0: every file was read, also where it shows no face. 1: some could not be, with a line on stderr
each. 2: wrong usage.
"""

import argparse
import math
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import get_args

from emotion.cli.inputs import Input, find_inputs, is_clip
from emotion.cli.outputs import Copies, Terminal, as_json, as_text, open_table
from emotion.cli.parallel import ahead
from emotion.cli.photo import Photo, read_photo
from emotion.detection import Name
from emotion.hub import download_yunet
from emotion.memory import keep_freed, share_arenas
from emotion.recognize import EmotionRecognizer
from emotion.types import EmotionError

DESCRIPTION = "Finds the faces in photographs or a video and names the expression on each."
EPILOG = "`python -m emotion download` fetches YuNet, the better face detector, once and for all."

# Photographs that are read at the same time. Each core does one; more than four would take more
# memory than a command line should.
THREADS = min(4, os.cpu_count() or 1)

# Results that may wait for a larger photograph before them: four pictures of 12 to 74 ms in turns
# went through two threads 1.7 to 1.9 times as fast as through one, and 1.5 times with one waiting.
KEPT = 2 * THREADS


def run() -> int:
    """`main` as a program: quiet when it is interrupted, or when its reader goes away."""
    tune_memory()
    try:
        code = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        _drop_output()
        return 128 + signal.SIGPIPE
    except OSError as error:
        # Of stdout: all else that is read or written has a sentence of its own.
        _drop_output()
        print(f"the output can't be written: {error.strerror}", file=sys.stderr)
        return 1
    return code


def tune_memory() -> None:
    """One arena, and all kept: a fifth to two fifths faster, in no more memory."""
    share_arenas(1)
    keep_freed()


def _drop_output() -> None:
    """Or Python would complain when it flushes, at exit, what can't be written any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say and return the exit code; wrong usage leaves by SystemExit(2)."""
    # Pillow's remarks on damaged files: what matters of them becomes a line on stderr.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    # The Hub's client writes two lines at each of its five tries.
    os.environ.setdefault("HF_HUB_VERBOSITY", "critical")
    options = make_parser().parse_intermixed_args(argv)
    try:
        if options.images == ["download"]:
            print(download_yunet())
            return 0
        if len(options.images) == 1 and is_clip(Path(options.images[0])):
            return _screen(Path(options.images[0]), options)
        return _recognize(options)
    except EmotionError as error:
        print(error, file=sys.stderr)
        return 1


def make_parser() -> argparse.ArgumentParser:
    """All that may be typed."""
    parser = argparse.ArgumentParser("python -m emotion", description=DESCRIPTION, epilog=EPILOG)
    add = parser.add_argument
    add("images", nargs="+", metavar="IMAGE", help="an image, a folder of them, or one video")
    add("--json", action="store_true", help="print one JSON object a line for each image")
    add("--csv", type=Path, metavar="FILE", help="also write a table with one row a face")
    add("--annotate", type=Path, metavar="DIR", help="also write copies with the faces marked")
    add("--rate", type=_rate, default=5.0, help="frames of a video a second (default: %(default)g)")
    add_recognizer_options(parser)
    return parser


def add_recognizer_options(parser: argparse.ArgumentParser) -> None:
    """What an EmotionRecognizer is made of: detector, model, min_score, largest."""
    add = parser.add_argument
    add("--detector", choices=get_args(Name), default="auto", help="default: %(default)s")
    add("--model", metavar="MODEL", help="PATH or OWNER/NAME[@REVISION] (default: the bundled one)")
    add("--min-score", type=_score, metavar="SCORE", help="lowest score of a face, 0 to 1")
    add("--largest", action="store_true", help="only the largest face of each image")


def _score(text: str) -> float:
    return _number(text, 0, 1)


def _rate(text: str) -> float:
    return _number(text, 1, 30)


def _number(text: str, lowest: float, highest: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not lowest <= value <= highest:
        raise argparse.ArgumentTypeError(f"{text} is not a number from {lowest} to {highest}")
    return value


def _screen(source: Path, options: argparse.Namespace) -> int:
    # Here and not above: photographs need no video decoders.
    from emotion.cli.video import screen  # noqa: PLC0415

    return screen(_recognizer(options), source, options)


def _recognize(options: argparse.Namespace) -> int:
    inputs, errors = find_inputs(options.images)
    terminal = Terminal()
    with ExitStack() as stack:
        recognizer = _recognizer(options)
        writers = _writers(options, inputs, terminal, stack)
        for error in errors:
            terminal.complain(error)
        work = partial(read_photo, recognizer, keep_image=bool(options.annotate))
        kept = 1 if options.annotate else KEPT
        for _, result in ahead(work, terminal.follow(inputs), THREADS, kept=kept):
            try:
                photo = result()
                for write in writers:
                    write(photo)
            except EmotionError as failure:
                terminal.complain(failure)
                errors.append(failure)
    return 1 if errors else 0


def _recognizer(options: argparse.Namespace) -> EmotionRecognizer:
    return EmotionRecognizer(
        options.model,
        detector=options.detector,
        min_score=options.min_score,
        largest=options.largest,
    )


def _writers(
    options: argparse.Namespace, inputs: Sequence[Input], terminal: Terminal, stack: ExitStack
) -> list[Callable[[Photo], None]]:
    """What is to be done with each photograph."""
    form = as_json if options.json else as_text
    writers: list[Callable[[Photo], None]] = [lambda photo: terminal.say(form(photo))]
    if options.csv:
        writers.append(stack.enter_context(open_table(options.csv)))
    if options.annotate:
        writers.append(Copies(options.annotate, inputs).save)
    return writers
