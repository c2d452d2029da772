"""Bytes that find their own way into the decoder, by the code they reach: `make fuzz MINUTES=10`.

Not part of the tests: it needs atheris (libFuzzer for Python), and finds more the longer it runs.
Starts from the corpus of tests/hostile. Stops at the first input that ends in anything but a
picture or an `EmotionError` of one line, takes two seconds or 1 GB, and keeps it in FOLDER.

    python -m tests.fuzz FOLDER MINUTES
"""

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["emotion", "PIL", "pillow_heif"]):
    from emotion import EmotionError
    from emotion.image import load_image

# Larger ones only take longer, and hide what matters in them.
LARGEST_SEED = 8192

# The instrumented interpreter and one picture of 40 megapixels.
MEGABYTES = 1024

# On a machine that does other work too; alone, nothing takes two.
SECONDS = 8


def decode(data: bytes) -> None:
    """One input."""
    try:
        pixels = load_image(data)
    except EmotionError as error:
        sentence = str(error)
        assert sentence.startswith("the image "), sentence
        assert sentence.isprintable(), sentence
    else:
        assert pixels.ndim == 3, pixels.shape


def main(folder: Path, minutes: float) -> None:
    """Runs until the time is over; the exit code is not 0 where something was found."""
    from tests.hostile.corpus import write

    warnings.simplefilter("ignore")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as seeds:
        write(Path(seeds))
        for path in Path(seeds).rglob("*.*"):
            if path.stat().st_size > LARGEST_SEED:
                path.unlink()
        options = [
            f"-max_total_time={round(60 * minutes)}",
            f"-timeout={SECONDS}",
            f"-rss_limit_mb={MEGABYTES}",
            f"-artifact_prefix={folder}/",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *options, str(folder), seeds], decode)
        atheris.Fuzz()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
