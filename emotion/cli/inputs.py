"""What someone typed, files and folders, to the files that are meant."""

import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from emotion.image import FORMATS
from emotion.types import EmotionError, shown

VIDEO_SUFFIXES = {
    *(".3g2", ".3gp", ".avi", ".m2t", ".m2ts", ".m4v", ".mkv", ".mov"),
    *(".mp4", ".mpeg", ".mpg", ".mts", ".ts", ".webm"),
}


class Input(NamedTuple):
    """A file to read, and its path below the folder it was found in."""

    path: Path
    below: Path


def find_inputs(paths: Sequence[str]) -> tuple[list[Input], list[EmotionError]]:
    """The files, folders searched in sorted order to the bottom; and what could not be searched.

    A file that is named is always tried. In a folder only those count whose names say that they are
    photographs or videos.
    """
    inputs: list[Input] = []
    errors: list[EmotionError] = []
    for path in map(Path, paths):
        # Not Path.is_dir(), which raises for names that are too long, or in a closed folder.
        if not os.path.isdir(path):  # noqa: PTH112
            inputs.append(Input(path, Path(path.name)))
            continue
        closed: list[OSError] = []
        found = list(_below(path, closed))
        inputs += found
        errors += [
            EmotionError(f"{shown(Path(error.filename))} can't be searched: {error.strerror}")
            for error in closed
        ]
        if not found and not closed:
            errors.append(EmotionError(f"{shown(path)} is a folder without photographs or videos"))
    return inputs, errors


@cache
def image_suffixes() -> frozenset[str]:
    """The suffixes, in lower case, of the files that `load_image` reads."""
    known = Image.registered_extensions()
    heif = {".heic", ".heif", ".hif"}
    return frozenset(suffix for suffix, kind in known.items() if kind in FORMATS) | heif


def _below(folder: Path, closed: list[OSError]) -> Iterator[Input]:
    suffixes = image_suffixes() | VIDEO_SUFFIXES
    for parent, folders, names in os.walk(folder, onerror=closed.append):
        # In place: this is the order in which os.walk goes down.
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            # macOS leaves a ._NAME beside each file that it copies to other disks.
            if path.suffix.lower() in suffixes and not name.startswith("._"):
                yield Input(path, path.relative_to(folder))
