"""A part to the images in it, one after another."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from emotion.bulk.places import Place
from emotion.bulk.sources import Part
from emotion.cli.results import in_order
from emotion.image import Source
from emotion.types import ImageError

# Objects that are fetched while others are scored: some 50 ms each, and an image takes 20 to score.
FETCHERS = 4

# The largest object that is fetched, as no picture of 40 megapixels is larger.
MAX_BYTES = 256 * 2**20

# Rows of a table that are in memory at once.
ROWS = 16

# An image's name in the output, and what gives it to `load_image`, or raises ImageError.
Named = tuple[str, Callable[[], Source]]


def read_part(source: Place, part: Part, column: str) -> Iterator[Named]:
    """Every image of the part, in order. Raises OSError where the store can't be reached."""
    if part.start is not None and part.stop is not None:
        name = source.address(part.paths[0])
        for number, cell in enumerate(_cells(source, part, column), part.start):
            yield f"{name}#{number}", partial(_image_of, cell.as_py())
    elif source.local:
        for path in part.paths:
            yield source.address(path), partial(Path, path)
    else:
        for path, fetched in in_order(partial(_fetch, source), part.paths, FETCHERS, 1):
            yield source.address(path), fetched


def _fetch(source: Place, path: str) -> bytes:
    try:
        with source.files.open_input_stream(path) as stream:
            content: bytes = stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ImageError(f"{source.shown(path)} does not exist") from error
    if len(content) > MAX_BYTES:
        raise ImageError(f"{source.shown(path)} is larger than {MAX_BYTES // 2**20} MiB")
    return content


def _cells(source: Place, part: Part, column: str) -> Iterator[pa.Scalar]:
    """The cells of rows start to stop, from the row groups that hold them."""
    (path, first, stop) = part.paths[0], part.start or 0, part.stop or 0
    # Not the whole of a row group at once: it may hold gigabytes.
    with pq.ParquetFile(path, filesystem=source.files, buffer_size=2**20) as file:
        groups, begin = _groups(file.metadata, first, stop)
        for batch in file.iter_batches(ROWS, groups, [column], use_threads=False):
            end = begin + batch.num_rows
            yield from batch.column(0)[max(first - begin, 0) : max(stop - begin, 0)]
            begin = end
            if begin >= stop:
                return


def _groups(metadata: pq.FileMetaData, first: int, stop: int) -> tuple[list[int], int]:
    """The row groups that overlap the rows, and the number of the first row in them."""
    groups, begin, row = [], 0, 0
    for group in range(metadata.num_row_groups):
        end = row + metadata.row_group(group).num_rows
        if end <= first:
            begin = end
        elif row < stop:
            groups.append(group)
        row = end
    return groups, begin


def _image_of(cell: Any) -> bytes:
    """The bytes in a cell: the cell itself, or as `datasets` keeps them, beside a path."""
    content = cell["bytes"] if isinstance(cell, dict) else cell
    if content is None:
        raise ImageError("the image is missing: its row has no bytes")
    return bytes(content)
