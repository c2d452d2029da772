"""Paths that someone typed, files and folders, to the images they mean."""

import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from emotion.image import FORMATS
from emotion.types import EmotionError, ImageError

CLIP_SUFFIXES = {".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mts", ".ts", ".webm"}


class Input(NamedTuple):
    """An image to read, and its path below the folder it was found in."""

    path: Path
    below: Path

    @property
    def shown(self) -> str:
        """The path as it was typed, on one line whatever it holds."""
        return shown(self.path)


def shown(path: Path) -> str:
    """A path for a person: control characters and undecodable bytes escaped."""
    text = str(path)
    return text if text.isprintable() else repr(text)


def is_clip(path: Path) -> bool:
    """Whether a file is called a video."""
    return path.suffix.lower() in CLIP_SUFFIXES and not path.is_dir()


def find_inputs(paths: Sequence[str]) -> tuple[list[Input], list[EmotionError]]:
    """The images, folders searched in sorted order to the bottom; what could not be searched.

    In a folder only files that are called images count; a file that is named is always tried.
    """
    inputs: list[Input] = []
    errors: list[EmotionError] = []
    for path in map(Path, paths):
        if not path.is_dir():
            inputs.append(Input(path, Path(path.name)))
            continue
        closed: list[OSError] = []
        found = list(_images_below(path, closed))
        inputs += found
        errors += [_not_searched(error) for error in closed]
        if not found and not closed:
            errors.append(ImageError(f"{shown(path)} is a directory without images"))
    return inputs, errors


@cache
def image_suffixes() -> frozenset[str]:
    """What the files are called that `load_image` reads, in lower case."""
    known = Image.registered_extensions()
    heif = {".heic", ".heif", ".hif"}
    return frozenset(suffix for suffix, kind in known.items() if kind in FORMATS) | heif


def _images_below(folder: Path, closed: list[OSError]) -> Iterator[Input]:
    for parent, folders, names in os.walk(folder, onerror=closed.append):
        # In place: this is the order in which os.walk goes down.
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if path.suffix.lower() in image_suffixes():
                yield Input(path, path.relative_to(folder))


def _not_searched(error: OSError) -> ImageError:
    return ImageError(f"{shown(Path(error.filename))} can't be searched: {error.strerror}")
