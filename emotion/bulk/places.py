"""Files and folders on disk or in an object store, by one set of calls."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4

import pyarrow as pa
from pyarrow import fs

from emotion.report import shown
from emotion.types import EmotionError

# What makes a name a pattern. A question mark in an address begins its options.
WILDCARD = re.compile(r"[*?\[]")
WILDCARD_IN_ADDRESS = re.compile(r"[*\[]")

# What goes before the name of a file that is not written yet; readers of folders of tables pass
# over what begins with a dot.
UNFINISHED = ".unfinished-"


@dataclass(frozen=True, slots=True)
class Place:
    """A path in a file system of Arrow's; scheme is "s3://" and the like, or "" on disk.

    rest is what of the path is a pattern: from the first part with a wildcard on. Can be sent to
    other machines.
    """

    files: fs.FileSystem
    path: str
    scheme: str = ""
    rest: str = ""

    @property
    def local(self) -> bool:
        return isinstance(self.files, fs.LocalFileSystem)

    def __truediv__(self, name: str) -> Self:
        return type(self)(self.files, f"{self.path.rstrip('/')}/{name}", self.scheme)

    def shown(self, path: str | None = None) -> str:
        """How a sentence names this path, or another in the same file system."""
        return self.scheme + shown(Path(self.path if path is None else path))

    def address(self, path: str) -> str:
        """How a table names a path in this file system: bytes that are no text are escaped."""
        return self.scheme + path.encode("utf-8", "backslashreplace").decode()

    def exists(self) -> bool:
        with self.reachable():
            return bool(self.files.get_file_info(self.path).type != fs.FileType.NotFound)

    def names(self) -> list[str]:
        """What lies in this folder; nothing where there is none."""
        with self.reachable():
            found = self.files.get_file_info(fs.FileSelector(self.path, allow_not_found=True))
        return [info.base_name for info in found]

    def put(self, name: str, content: bytes | pa.Buffer) -> None:
        """Writes a file of this folder that appears whole or not at all; one there is replaced."""
        if self.local:
            _put_on_disk(Path(self.path), name, content)
            return
        # Nothing is seen of an object before it is complete.
        with self.files.open_output_stream((self / name).path) as stream:
            stream.write(content)

    def clear(self) -> None:
        """Makes the folder where there is none, and deletes what a killed run left unfinished."""
        with self.reachable():
            self.files.create_dir(self.path)
            for name in self.names():
                if name.startswith(UNFINISHED):
                    self.files.delete_file((self / name).path)

    @contextmanager
    def reachable(self) -> Iterator[None]:
        """Turns what goes wrong with this place into an EmotionError that names it."""
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            # Arrow's sentences may go on for lines.
            reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
            raise EmotionError(f"{self.shown()} can't be used: {reason}") from error


def _put_on_disk(folder: Path, name: str, content: bytes | pa.Buffer) -> None:
    # A name of its own: a worker that was given up for lost may still be writing the same part.
    part = folder / f"{UNFINISHED}{name}-{uuid4().hex}"
    try:
        with part.open("xb") as file:
            file.write(content)
            # Else a part may be there, and empty, after a power cut.
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / name)
    finally:
        part.unlink(missing_ok=True)


def open_place(text: str) -> Place:
    """A path as it was typed, or an address; wildcards are allowed. Raises EmotionError."""
    scheme, mark, _ = text.partition("://")
    if not mark:
        path, rest = _split(str(Path(text).absolute()), WILDCARD)
        return Place(fs.LocalFileSystem(), path, rest=rest)
    address, question, options = text.partition("?")
    folder, rest = _split(address, WILDCARD_IN_ADDRESS)
    try:
        files, path = fs.FileSystem.from_uri(folder + question + options)
    except (OSError, pa.ArrowException) as error:
        raise EmotionError(f"{address} can't be used: {str(error).splitlines()[0]}") from error
    if isinstance(files, fs.LocalFileSystem):
        return Place(files, path, rest=rest)
    return Place(files, path, f"{scheme}://", rest)


def _split(path: str, wildcard: re.Pattern[str]) -> tuple[str, str]:
    """The folder before the first part with a wildcard, and the rest; all and "" without one."""
    found = wildcard.search(path)
    # A file may be called so.
    if found is None or Path(path).exists():
        return path, ""
    start = path.rindex("/", 0, found.start())
    return path[:start] or "/", path[start + 1 :]
