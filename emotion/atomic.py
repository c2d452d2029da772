"""Files that appear whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emotion.cli.inputs import shown
from emotion.types import EmotionError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a path beside `path` to write to; what lies there takes its place at the end.

    Where the block fails, or is left early, nothing is left, and an older file stays as it was.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        with writing(path):
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns what goes wrong while `path` is written into an EmotionError that names it."""
    try:
        yield
    except OSError as error:
        name, reason = shown(Path(path.name)), error.strerror or "no reason is given"
        raise EmotionError(f"{name} can't be written: {reason}") from error
