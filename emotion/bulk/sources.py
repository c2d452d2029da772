"""What someone typed as the source to parts: lists of images, or of rows of a table."""

import os
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.utils import glob_translate
from pyarrow import fs

from emotion.bulk.places import Place
from emotion.cli.inputs import image_suffixes
from emotion.types import EmotionError

TABLE = ".parquet"


class Part(NamedTuple):
    """What one worker scores in one go: images, or the rows start to stop of one table."""

    paths: list[str]
    start: int | None = None
    stop: int | None = None


def find_parts(source: Place, size: int, column: str) -> Iterator[Part]:
    """Parts of at most `size` images each.

    A source whose name ends in .parquet, be it a file or a pattern, means tables with images in
    `column`; any other a picture, a folder of them, or a pattern. Nothing is held but the names in
    one folder. Raises EmotionError for what can't be searched or read.
    """
    if (source.rest or source.path).endswith(TABLE):
        for path in _find(source, lambda path: path.endswith(TABLE)):
            rows = _count_rows(source, path, column)
            yield from (Part([path], n, min(n + size, rows)) for n in range(0, rows, size))
        return
    paths = _find(source, lambda path: Path(path).suffix.lower() in image_suffixes())
    while part := list(islice(paths, size)):
        yield Part(part)


def _find(source: Place, wanted: Callable[[str], bool]) -> Iterator[str]:
    """A file as it is named; of a folder what is wanted; of a pattern what fits it."""
    below = _below_on_disk if source.local else _below_in_store
    if source.rest:
        fits = re.compile(glob_translate(f"{source.path.rstrip('/')}/{source.rest}")).match
        levels = None if "**" in source.rest else source.rest.count("/")
        return (path for path in below(source, source.path, levels) if fits(path))
    with source.reachable():
        kind = source.files.get_file_info(source.path).type
    if kind == fs.FileType.NotFound:
        raise EmotionError(f"{source.shown()} does not exist")
    if kind == fs.FileType.File:
        return iter([source.path])
    return filter(wanted, below(source, source.path, None))


def _below_on_disk(source: Place, folder: str, levels: int | None) -> Iterator[str]:
    """Not by Arrow, to which a name that is no UTF-8 is an error."""

    def closed(error: OSError) -> None:
        raise EmotionError(f"{source.shown(error.filename)} can't be searched: {error.strerror}")

    top = folder.rstrip("/").count("/")
    for parent, folders, names in os.walk(folder, onerror=closed):
        folders.sort()
        if levels is not None and parent.rstrip("/").count("/") - top >= levels:
            folders.clear()
        yield from (str(Path(parent, name)) for name in sorted(names))


def _below_in_store(source: Place, folder: str, levels: int | None) -> Iterator[str]:
    with source.reachable():
        found = source.files.get_file_info(fs.FileSelector(folder))
    found.sort(key=lambda info: info.path)
    yield from (info.path for info in found if info.type == fs.FileType.File)
    if levels == 0:
        return
    for info in found:
        if info.type == fs.FileType.Directory:
            yield from _below_in_store(source, info.path, None if levels is None else levels - 1)


def _count_rows(source: Place, path: str, column: str) -> int:
    with source.reachable(), pq.ParquetFile(path, filesystem=source.files) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows
    name = source.shown(path)
    if column not in schema.names:
        there = ", ".join(schema.names)
        raise EmotionError(f"{name} has no column {column}, but {there}: choose with --column")
    kind = schema.field(column).type
    if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        kind = kind.field("bytes").type
    if not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        raise EmotionError(f"{name} has {kind} in the column {column}, not the bytes of images")
    return int(rows)
