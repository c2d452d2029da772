"""The list of parts: written before the work begins, read wherever a part is scored."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from emotion.bulk.places import Place
from emotion.bulk.sources import Part
from emotion.detection import Name
from emotion.types import EmotionError

# Readers of folders of tables pass over what begins with an underscore.
PLAN = "_plan.parquet"

# Parts in one row group: a worker reads so many to find its own, and the file's index stays small.
GROUP = 16

# Paths are bytes: on disk they need not be text.
COLUMNS = [("paths", pa.list_(pa.binary())), ("start", pa.int64()), ("stop", pa.int64())]
SETTINGS = b"emotion.bulk"


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides the output: two runs into one folder must agree in all of it.

    source is a path or address, model_sha256 of the ONNX file.
    """

    source: str
    column: str
    part_size: int
    detector: Name
    min_score: float | None
    largest: bool
    model_sha256: str


class Plan:
    """A plan that was written. Raises EmotionError where it can't be read."""

    def __init__(self, out: Place) -> None:
        self._out = out
        with (out / PLAN).reachable():
            self._file = pq.ParquetFile((out / PLAN).path, filesystem=out.files)
        self.settings: dict[str, Any] = json.loads(self._file.schema_arrow.metadata[SETTINGS])
        self.parts: int = self._file.metadata.num_rows

    def part(self, number: int) -> Part:
        """The part of that number, from 0 on."""
        group, row = divmod(number, GROUP)
        with (self._out / PLAN).reachable():
            found = self._file.read_row_group(group).slice(row, 1).to_pylist()[0]
        return Part([os.fsdecode(path) for path in found["paths"]], found["start"], found["stop"])

    def missing(self) -> list[int]:
        """The numbers of the parts that are not in the output yet."""
        there = set(self._out.names())
        return [number for number in range(self.parts) if part_name(number) not in there]

    def check(self, settings: Settings) -> None:
        """Raises EmotionError where the plan was made for other settings."""
        for name, wanted in asdict(settings).items():
            if (found := self.settings.get(name)) != wanted:
                raise EmotionError(
                    f"{self._out.shown()} holds a run with {name} {found}, not {wanted}: "
                    "choose another --out"
                )


def part_name(number: int) -> str:
    """What the output of a part is called."""
    return f"part-{number:06}.parquet"


def write_plan(out: Place, parts: Iterable[Part], settings: Settings) -> None:
    """Raises EmotionError where there is no part, or the plan can't be written."""
    metadata = {SETTINGS: json.dumps(asdict(settings)).encode()}
    schema = pa.schema(COLUMNS, metadata)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / PLAN
        with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
            for rows in _groups(parts):
                writer.write_table(pa.Table.from_pylist(rows, schema), row_group_size=GROUP)
        if pq.read_metadata(draft).num_rows == 0:
            raise EmotionError(f"{settings.source} holds no images")
        with pa.memory_map(str(draft)) as file, (out / PLAN).reachable():
            out.put(PLAN, file.read_buffer())


def _groups(parts: Iterable[Part]) -> Iterator[list[dict[str, Any]]]:
    rows = (
        {**part._asdict(), "paths": [os.fsencode(path) for path in part.paths]} for part in parts
    )
    while group := list(islice(rows, GROUP)):
        yield group
