"""The command line: what may be typed, and the exit codes.

0: every file was read, also if it shows no face. 1: some could not be, with a line on stderr
each. 2: wrong usage.
"""

import argparse
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import get_args

from emotion.atomic import csv_table
from emotion.cli.inputs import find_inputs
from emotion.cli.outputs import Copies
from emotion.cli.results import TABLE_COLUMNS, Reader
from emotion.detection import Name
from emotion.hub import download_yunet
from emotion.recognize import EmotionRecognizer
from emotion.types import EmotionError

DESCRIPTION = "Finds the faces in photographs and videos and names the expression on each."
EPILOG = "`emotion download` fetches YuNet, the better face detector, once and for all."

DOWNLOAD_SECONDS = 10  # for 0.2 MB; MTCNN serves without it


def run() -> int:
    """`main` as a program: quiet if it is interrupted, or its reader goes away."""
    _open_streams()
    try:
        code = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        _drop_output()
        return 128 + signal.SIGPIPE
    except OSError as error:
        # Of stdout: everything else that is read or written has a sentence of its own.
        _drop_output()
        print(f"the output can't be written: {error.strerror}", file=sys.stderr)
        return 1
    return code


def _open_streams() -> None:
    """Make stdout and stderr fit to write any name to, or to nowhere if the shell closed them."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115
        else:
            stream.reconfigure(errors="backslashreplace")


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
        if options.inputs == ["download"]:
            print(download_yunet(timeout=DOWNLOAD_SECONDS))
            return 0
        return _recognize(options)
    except EmotionError as error:
        print(error, file=sys.stderr)
        return 1


def make_parser() -> argparse.ArgumentParser:
    """All that may be typed."""
    parser = argparse.ArgumentParser("emotion", description=DESCRIPTION, epilog=EPILOG)
    add = parser.add_argument
    add("inputs", nargs="+", metavar="INPUT", help="photographs, videos, and folders of them")
    add("--json", action="store_true", help="print one JSON object a line")
    add("--csv", type=Path, metavar="FILE", help="also write a table with one row a face")
    add("--annotate", type=Path, metavar="DIR", help="also write copies with the faces marked")
    add("--rate", type=between(1, 30), default=5.0, help="frames of a video a second (default: 5)")
    add_recognizer_options(parser)
    return parser


def add_recognizer_options(parser: argparse.ArgumentParser) -> None:
    """What an EmotionRecognizer is made of: detector, model, min_score, largest."""
    add = parser.add_argument
    add("--detector", choices=get_args(Name), default="auto", help="default: %(default)s")
    add("--model", metavar="MODEL", help="PATH or OWNER/NAME[@REVISION] (default: the bundled one)")
    add("--min-score", type=between(0, 1), metavar="SCORE", help="lowest score of a face, 0 to 1")
    add("--largest", action="store_true", help="only the largest face of each image")


def make_recognizer(options: argparse.Namespace) -> EmotionRecognizer:
    """What those options ask for. Raises ModelError."""
    return EmotionRecognizer(
        options.model,
        detector=options.detector,
        min_score=options.min_score,
        largest=options.largest,
    )


def between(
    lowest: float, highest: float, kind: type[int] | type[float] = float
) -> Callable[[str], float]:
    """For argparse: a number in this range."""

    def number(text: str) -> float:
        value = kind(text)
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(f"{text} is not a number from {lowest} to {highest}")
        return value

    return number


def _recognize(options: argparse.Namespace) -> int:
    inputs, errors = find_inputs(options.inputs)
    with ExitStack() as stack:
        recognizer = make_recognizer(options)
        add = stack.enter_context(csv_table(options.csv, TABLE_COLUMNS)) if options.csv else None
        copies = Copies(options.annotate, inputs) if options.annotate else None
        reader = Reader(recognizer, options.json, options.rate, copies)
        failed = False
        for result in chain(errors, reader.read(inputs)):
            if isinstance(result, Exception):
                print(result, file=sys.stderr)
                failed = True
                continue
            print(result.text, flush=True)
            if add is not None:
                add(result.rows)
    return 1 if failed else 0
