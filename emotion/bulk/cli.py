"""The command line: what may be typed, and the exit codes.

0: every image is in the output, also those that could not be read, which say why. 1: parts are
missing, and the same command tries them again. 2: wrong usage.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from emotion.cli.main import add_recognizer_options
from emotion.types import EmotionError

DESCRIPTION = """Scores the faces in millions of images, on all cores of this machine or of a Ray
cluster, into a folder of parquet files. Started again, it goes on where it was interrupted."""
EPILOG = """The folder holds a row for each face, and one for each image without a face or that
can't be read. On a cluster every machine must reach SOURCE and DIR by the same name."""

# Half a minute's work of a core, which is all that a crash costs; and of a hundred million images
# no more than 200,000 files.
PART_SIZE = 500


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say and return the exit code; wrong usage leaves by SystemExit(2)."""
    options = make_parser().parse_args(argv)
    try:
        if absent := [name for name in ("pyarrow", "ray") if find_spec(name) is None]:
            raise EmotionError(f"emotion.bulk needs {' and '.join(absent)}: pip install '.[bulk]'")
        # Here and not above: it needs what may be absent.
        from emotion.bulk.run import run  # noqa: PLC0415

        print(run(options))
    except EmotionError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def make_parser() -> argparse.ArgumentParser:
    """All that may be typed."""
    parser = argparse.ArgumentParser(
        "python -m emotion.bulk", description=DESCRIPTION, epilog=EPILOG
    )
    add = parser.add_argument
    add(
        "source",
        metavar="SOURCE",
        help="an image, a folder or 'pattern/**/*.jpg' of them, or tables 'pattern/*.parquet'; "
        "on disk, or an address such as s3://bucket/folder",
    )
    add("--out", required=True, metavar="DIR", help="a folder for the output, or its address")
    add("--column", default="image", help="of the images in a table (default: %(default)s)")
    add("--part-size", type=_count, default=PART_SIZE, metavar="N", help="images in each file")
    add("--address", metavar="HOST:PORT", help="of a Ray cluster to join (default: start one)")
    add("--cores", type=_count, metavar="N", help="workers, of one core each (default: all)")
    add_recognizer_options(parser)
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 on")
    return int(text)
