"""Bytes that find their own way into the decoders, by the code they reach: `make fuzz MINUTES=10`.

Not part of the tests: it needs atheris (libFuzzer for Python), and finds more the longer it runs.
Starts from tests/hostile. Stops at the first input that ends in anything but a picture, frames or
an `EmotionError` of one line, takes eight seconds or 1 GB, and keeps it in FOLDER.

    python -m tests.fuzz image|clip FOLDER MINUTES
"""

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["emotion", "PIL", "pillow_heif"]):
    from emotion import EmotionError
    from emotion.image import load_image
    from emotion.video.read import open_clip

# Larger ones only take longer, and hide what matters in them.
LARGEST_SEED = {"image": 8192, "clip": 65_536}

# The instrumented interpreter, the seeds' writer, and one picture of 40 megapixels.
MEGABYTES = 1024

# On a machine that does other work too; alone, nothing takes two.
SECONDS = 8

# Of a clip; damage shows in the first.
FRAMES = 20


def image(data: bytes) -> None:
    """One input of the picture decoder."""
    try:
        pixels = load_image(data)
    except EmotionError as error:
        _check(str(error), "the image ")
    else:
        assert pixels.ndim == 3, pixels.shape


def clip(data: bytes) -> None:
    """One input of the clip decoder, which reads files only."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(data)
        file.flush()
        path = Path(file.name)
        try:
            with open_clip(path) as opened:
                for _, moment in zip(range(FRAMES), opened.moments(), strict=False):
                    assert opened.picture(moment.frame).shape[1::-1] == opened.size_wh
        except EmotionError as error:
            _check(str(error), f"{path.name} ")


def _check(sentence: str, subject: str) -> None:
    assert sentence.startswith(subject), sentence
    assert sentence.isprintable(), sentence


def main(target: str, folder: Path, minutes: float) -> None:
    """Runs until the time is over; the exit code is not 0 where something was found."""
    from tests.hostile.clips import write_clips
    from tests.hostile.corpus import write

    warnings.simplefilter("ignore")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as seeds:
        (write if target == "image" else write_clips)(Path(seeds))
        for path in Path(seeds).rglob("*.*"):
            # Of pictures by their file, of clips by their frames.
            if path.stat().st_size > LARGEST_SEED[target] or path.name.startswith("large-"):
                path.unlink()
        options = [
            f"-max_total_time={round(60 * minutes)}",
            f"-timeout={SECONDS}",
            f"-rss_limit_mb={MEGABYTES}",
            f"-artifact_prefix={folder}/",
            "-print_final_stats=1",
        ]
        run = image if target == "image" else clip
        atheris.Setup([sys.argv[0], *options, str(folder), seeds], run)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))
