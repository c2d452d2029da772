"""Zip files that visitors send: read entry by entry, in memory, and never unpacked.

Names inside are only ever shown, so `../` and absolute ones are as good as others. What an archive
says of its sizes is checked first, and what is read is bounded whatever it says.
"""

import mmap
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from emotion import EmotionError, ImageError
from emotion.cli.inputs import image_suffixes
from emotion.report import shown
from ui.limits import PICTURE_BYTES

MIB = 2**20

# Files of any kind. Python's reader takes half a kilobyte for each, however many there are.
MEMBERS = 1000
# All pictures, and how often the archive's own size that may be. They are packed already:
# photographs in a zip unpack to 1.0 times its size.
TOTAL_BYTES = 500 * MIB
RATIO = 100

# What a shown name may take of the page.
NAME_CHARACTERS = 200

CENTRAL_HEADER = re.compile(rb"PK\x01\x02")
ENCRYPTED = 0x1

# LZMA is left out: its header says how much memory it wants.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# What zipfile was seen to raise on damaged archives.
ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError),
    *(ValueError, NotImplementedError, RuntimeError, OverflowError),
)


class Archive(NamedTuple):
    """An open zip: its pictures in its order, zips inside it too, and how many other files."""

    name: str
    file: zipfile.ZipFile
    members: list[zipfile.ZipInfo]
    others: int

    def shown(self, member: zipfile.ZipInfo) -> str:
        """A member's name for a person, below the archive's; no path that leads anywhere."""
        return shown(Path(f"{self.name}/{_inside(member)}"[-NAME_CHARACTERS:]))

    def read(self, member: zipfile.ZipInfo) -> bytes:
        """A picture's bytes, PICTURE_BYTES at most; raises ImageError, which names it."""
        name = self.shown(member)
        if _is_zip(member):
            raise ImageError(f"{name} is a zip inside a zip: send it by itself")
        if member.file_size > PICTURE_BYTES:
            raise ImageError(f"{name} is larger than {PICTURE_BYTES // MIB} MB")
        if member.compress_type not in METHODS:
            raise ImageError(f"{name} is packed in another way than by deflate")
        try:
            with self.file.open(member) as content:
                return content.read(PICTURE_BYTES)
        except ZIP_ERRORS as error:
            raise ImageError(f"{name} is damaged inside the zip") from error


def is_archive(path: Path) -> bool:
    """Whether a file begins as zips do, whatever it is called; one without entries too."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


@contextmanager
def open_archive(path: Path, name: str) -> Iterator[Archive]:
    """Opens a zip and checks what it says of itself; raises EmotionError, which calls it `name`."""
    with path.open("rb") as file:
        if _central_headers(file) > MEMBERS:
            raise EmotionError(f"{name} holds more than {MEMBERS} files")
        try:
            archive = zipfile.ZipFile(file)
        except ZIP_ERRORS as error:
            raise EmotionError(f"{name} is damaged, or no zip") from error
        with archive:
            yield _checked(archive, name, path.stat().st_size)


def _central_headers(file: BinaryIO) -> int:
    """Entries, one more than MEMBERS at most, counted before any is kept in memory."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return sum(1 for _ in islice(CENTRAL_HEADER.finditer(content), MEMBERS + 1))


def _checked(file: zipfile.ZipFile, name: str, size: int) -> Archive:
    files = [member for member in file.infolist() if not (member.is_dir() or _is_litter(member))]
    members = [member for member in files if _is_picture(member) or _is_zip(member)]
    if not members:
        raise EmotionError(f"{name} holds no pictures")
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise EmotionError(f"{name} has a password: send it without one")
    total = sum(member.file_size for member in members)
    if total > TOTAL_BYTES:
        raise EmotionError(f"{name} holds more than {TOTAL_BYTES // MIB} MB when unpacked")
    if total > RATIO * size:
        raise EmotionError(f"{name} unpacks to more than {RATIO} times its size: no pictures do")
    return Archive(name, file, members, len(files) - len(members))


def _inside(member: zipfile.ZipInfo) -> PurePosixPath:
    """The member's path, without what would lead out of the archive."""
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    return PurePosixPath(*(part for part in parts if part not in ("/", "..")))


def _is_litter(member: zipfile.ZipInfo) -> bool:
    """Whether a system put it there beside the files that were meant."""
    path = _inside(member)
    return "__MACOSX" in path.parts or path.name.startswith(".")


def _is_picture(member: zipfile.ZipInfo) -> bool:
    return _inside(member).suffix.lower() in image_suffixes()


def _is_zip(member: zipfile.ZipInfo) -> bool:
    return _inside(member).suffix.lower() == ".zip"
