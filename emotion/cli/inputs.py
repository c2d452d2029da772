"""What someone typed, files and folders, to the photographs and videos that are meant."""

import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from emotion.image import FORMATS, HEIF_BRANDS
from emotion.types import EmotionError, shown

VIDEO_SUFFIXES = {
    *(".3g2", ".3gp", ".avi", ".m2t", ".m2ts", ".m4v", ".mkv", ".mov"),
    *(".mp4", ".mpeg", ".mpg", ".mts", ".webm"),
}
# Without a suffix, or with one that other files have too (TypeScript's), the bytes decide.
UNTOLD_SUFFIXES = ("", ".ts")

# How files of pictures begin: JPEG, PNG, GIF, BMP, TIFF, JPEG 2000, WebP.
IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\0\0\0\x0cjP  ")
# How videos do: Matroska and WebM, an MPEG programme, an MPEG stream.
VIDEO_STARTS = (b"\x1a\x45\xdf\xa3", b"\0\0\1\xba", b"\0\0\1\xb3")
# What comes after the first four bytes of a QuickTime file; "ftyp" is that of pictures too.
QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
IMAGE_BRANDS = (*HEIF_BRANDS, b"avif", b"avis")
# Each packet of MPEG-TS has 188 bytes, in a camera's files 4 more before it, and begins with this.
TS_SYNC, TS_STARTS = 0x47, ((0, 188), (4, 192))
HEAD = 4 + 3 * 192


class Input(NamedTuple):
    """A file to read, and its path below the folder it was found in."""

    path: Path
    below: Path


def find_inputs(paths: Sequence[str]) -> tuple[list[Input], list[EmotionError]]:
    """The files, folders searched in sorted order to the bottom; and what could not be searched.

    A file that is named is always tried. In a folder only those count whose names or, where they
    have no suffix, bytes say that they are photographs or videos.
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
        errors += [_not_searched(error) for error in closed]
        if not found and not closed:
            errors.append(EmotionError(f"{shown(path)} is a folder without photographs or videos"))
    return inputs, errors


def is_video(path: Path) -> bool:
    """Whether a file's first bytes are a video's; if they could be anything, whether its name is.

    A file that can't be read counts by its name.
    """
    kind = _kind(_head(path))
    return kind == "video" or (kind == "" and path.suffix.lower() in VIDEO_SUFFIXES)


@cache
def image_suffixes() -> frozenset[str]:
    """The suffixes, in lower case, of the files that `load_image` reads."""
    known = Image.registered_extensions()
    heif = {".heic", ".heif", ".hif"}
    return frozenset(suffix for suffix, kind in known.items() if kind in FORMATS) | heif


def _below(folder: Path, closed: list[OSError]) -> Iterator[Input]:
    for parent, folders, names in os.walk(folder, onerror=closed.append):
        # In place: this is the order in which os.walk goes down.
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            # macOS leaves a ._NAME beside each file that it copies to other disks.
            if not name.startswith("._") and _counts(path):
                yield Input(path, path.relative_to(folder))


def _counts(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix in UNTOLD_SUFFIXES:
        return _kind(_head(path)) != ""
    return suffix in image_suffixes() or suffix in VIDEO_SUFFIXES


def _head(path: Path) -> bytes:
    try:
        # Not of a pipe or a device, which would block.
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""


def _kind(head: bytes) -> str:
    """What a file's first bytes are those of: "image", "video" or ""."""
    box, brand = head[4:8], head[8:12]
    if head.startswith(IMAGE_STARTS) or (head[:4] == b"RIFF" and brand == b"WEBP"):
        return "image"
    if box == b"ftyp":
        return "image" if brand in IMAGE_BRANDS else "video"
    if head.startswith(VIDEO_STARTS) or box in QUICKTIME:
        return "video"
    if head[:4] == b"RIFF" and brand == b"AVI ":
        return "video"
    for start, step in TS_STARTS:
        syncs = head[start : start + 2 * step + 1 : step]
        if len(syncs) == 3 and set(syncs) == {TS_SYNC}:
            return "video"
    return ""


def _not_searched(error: OSError) -> EmotionError:
    return EmotionError(f"{shown(Path(error.filename))} can't be searched: {error.strerror}")
