"""Millions of images on one machine or many, by Ray Data: `python -m emotion.bulk --help`.

The source is cut into numbered parts, and the list of them, the plan, is written first. Ray hands
out the numbers; a worker writes the rows of a part to a file of that number. So a part that is
tried twice replaces itself, the same command again takes the parts that are missing, and every
image is in the output exactly once, whatever was killed meanwhile.
"""

import argparse
import hashlib
import json
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import pyarrow as pa
import pyarrow.parquet as pq
import ray.data
from fsspec import AbstractFileSystem
from fsspec.implementations.arrow import ArrowFSWrapper
from fsspec.implementations.local import LocalFileSystem
from pyarrow import fs

from emotion.cli.inputs import image_suffixes
from emotion.cli.main import add_recognizer_options, between, make_recognizer
from emotion.hub import find_model
from emotion.report import COLUMNS, cells
from emotion.types import EmotionError, ImageError

DESCRIPTION = """Recognises the faces in millions of images, on all cores of this machine or of a
Ray cluster, where every machine must reach SOURCE and DIR by the same name. The output is a folder
of parquet files: a row for each face, and one for each image without a face or that can't be read.
The same command again goes on where the last run was interrupted."""

COUNT = between(1, 10**6, int)
# Half a minute of a core, which is all that a crash costs; 200,000 files for 100 million images.
PART_SIZE = 500
# Readers of folders of tables pass over names that begin with an underscore. A row group is a part.
PLAN = "_plan.parquet"

# A row of the output; without a face all is null between path and error.
TEXTS = dict.fromkeys(("path", "label", "error"), pa.string())
KINDS = dict.fromkeys(("path", *COLUMNS[1:], "error"), pa.float32()) | {"face": pa.int32()} | TEXTS
SCHEMA = pa.schema(KINDS)

# Objects of a store that a worker reads at a time, to wait less, and how much of each: what holds
# more has too many pixels.
FETCHERS, MAX_BYTES = 4, 256 * 2**20
# Bytes of shared memory: only numbers pass through Ray. Its smallest is 75 MiB.
STORE = 128 * 2**20
# Tries of a part whose worker died or whose store did not answer: an image that kills whoever looks
# at it must not be tried for ever. If more than LOST parts fail all the same, Ray gives up.
RETRIES, LOST = 3, 100


class Place(NamedTuple):
    """A path or pattern in a file system; scheme is "s3://" and the like, "" on disk."""

    files: AbstractFileSystem
    path: str
    scheme: str = ""

    @classmethod
    def typed(cls, text: str) -> "Place":
        if "://" not in text:
            return cls(LocalFileSystem(), os.path.abspath(text))  # noqa: PTH100
        files, path = fs.FileSystem.from_uri(text)
        return cls(ArrowFSWrapper(files), path, f"{text.partition('://')[0]}://")

    def name_of(self, path: str) -> str:
        return self.scheme + path.encode("utf-8", "backslashreplace").decode()

    def inside(self, name: str) -> str:
        return f"{self.path.rstrip('/')}/{name}"

    def put(self, name: str, content: pa.Buffer) -> None:
        """Write a file of this folder, complete or not at all."""
        part = self.inside(f".{name}.part")
        self.files.pipe_file(part, content.to_pybytes())
        self.files.mv(part, self.inside(name))

    def find(self) -> Iterator[str]:
        """A file as it is named; what has a suffix, of a folder; what matches, of a pattern."""
        if not self.files.isdir(self.path):
            yield from sorted(self.files.glob(self.path))
            return
        suffixes = tuple(image_suffixes())
        for parent, _, names in self.files.walk(self.path, on_error="raise"):
            for name in sorted(names):
                if name.lower().endswith(suffixes):
                    yield f"{parent.rstrip('/')}/{name}"


def make_plan(source: Place, out: Place, settings: dict[str, Any]) -> int:
    """Write the plan, or take the one that is there; the number of parts.

    Raises EmotionError if there are none, or that plan has other settings.
    """
    out.files.makedirs(out.path, exist_ok=True)
    if not out.files.exists(out.inside(PLAN)):
        paths = map(os.fsencode, source.find())  # bytes: on disk they need not be text
        part = list(islice(paths, settings["part_size"]))
        if not part:
            raise EmotionError(f"{source.name_of(source.path)} does not exist or holds no images")
        schema = pa.schema({"paths": pa.binary()}, {"settings": json.dumps(settings)})
        with pq.ParquetWriter(content := pa.BufferOutputStream(), schema) as writer:
            while part:
                writer.write_table(pa.table({"paths": part}, schema))
                part = list(islice(paths, settings["part_size"]))
        out.put(PLAN, content.getvalue())
    plan = pq.read_metadata(out.inside(PLAN), filesystem=out.files)
    found = json.loads(plan.metadata[b"settings"])
    if other := {name: found[name] for name in settings if found[name] != settings[name]}:
        name = out.name_of(out.path)
        raise EmotionError(f"{name} holds a run with {other}: choose another --out")
    return int(plan.num_row_groups)


def missing(out: Place, parts: int) -> list[int]:
    there = {Path(path).name for path in out.files.ls(out.path, detail=False)}
    return [number for number in range(parts) if file_name(number) not in there]


def file_name(number: int) -> str:
    return f"part-{number:06}.parquet"


class Worker:
    """What runs on each core: numbers of parts in, files out. Raises ModelError."""

    def __init__(self, source: Place, out: Place, options: argparse.Namespace) -> None:
        cv2.setNumThreads(1)
        self._source, self._out = source, out
        self._plan = pq.ParquetFile(out.inside(PLAN), filesystem=out.files)
        self._recognizer = make_recognizer(options)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        (number,) = map(int, batch["item"])
        paths = map(os.fsdecode, self._plan.read_row_group(number)["paths"].to_pylist())
        with ThreadPoolExecutor(FETCHERS if self._source.scheme else 1) as pool:
            rows = list(pool.map(self._rows, paths))
        table = pa.Table.from_pylist(list(chain.from_iterable(rows)), SCHEMA)
        pq.write_table(table, content := pa.BufferOutputStream(), compression="zstd")
        self._out.put(file_name(number), content.getvalue())
        return batch

    def _rows(self, path: str) -> list[dict[str, Any]]:
        name = self._source.name_of(path)
        try:
            with self._source.files.open(path) as file:
                faces = self._recognizer.recognize(file.read(MAX_BYTES))
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            reason = f"the image can't be opened: {error.strerror or error}"
            return [{"path": name, "error": reason}]
        except ImageError as error:
            return [{"path": name, "error": str(error)}]
        rows = [[name, number, *cells(face)] for number, face in enumerate(faces, start=1)]
        return [dict(zip(SCHEMA.names, row, strict=False)) for row in rows] or [{"path": name}]


def score(numbers: list[int], cores: int | None, job: tuple[object, ...]) -> None:
    """Score these parts; some may fail. Raises RayError if Ray gives up."""
    context = ray.data.DataContext.get_current()
    context.max_errored_blocks, context.actor_task_retry_on_errors = LOST, True
    most = min(cores or int(ray.cluster_resources()["CPU"]), len(numbers))  # type: ignore[no-untyped-call]
    # From 1: else workers of a machine that was lost would be waited for in vain. One part in work
    # and one waiting are the fewest by which Ray sees that more workers would help.
    pool = ray.data.ActorPoolStrategy(
        min_size=1, max_size=most, initial_size=most, max_tasks_in_flight_per_actor=2
    )
    ray.data.from_items(numbers, override_num_blocks=len(numbers)).map_batches(
        Worker,
        fn_constructor_args=job,
        batch_size=1,
        num_cpus=1,
        compute=pool,
        max_task_retries=RETRIES,
    ).materialize()


def start_ray(address: str | None, cores: int | None) -> None:
    """Join the cluster at HOST:PORT, or start a Ray of our own. Raises EmotionError."""
    # Ray reports to its makers unless this is set. Nothing leaves the machines.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        if address is None:
            # "local": else Ray joins whatever it finds running.
            ray.init("local", num_cpus=cores, include_dashboard=False, object_store_memory=STORE)
            return
        host, _, port = address.rpartition(":")
        socket.create_connection((host, int(port)), timeout=10).close()  # Ray would try for minutes
        ray.init(address, runtime_env={"py_modules": [str(Path(__file__).parent)]})
    except Exception as error:  # Ray raises nothing narrower if it is slow to start
        reason = str(error).strip().partition("\n")[0]
        raise EmotionError(f"Ray can't be used at {address or 'this machine'}: {reason}") from error


def run(options: argparse.Namespace) -> str:
    """Returns a sentence about the output. Raises EmotionError where parts of it are missing."""
    source, out = Place.typed(options.source), Place.typed(options.out)
    # "auto" is settled here: it must not mean YuNet on one machine and MTCNN on another.
    options.detector = make_recognizer(options).detector.name
    # What decides the output: two runs into one folder must agree in all of it.
    decisive = ("part_size", "detector", "min_score", "largest")
    settings = {name: getattr(options, name) for name in decisive}
    settings["source"] = source.name_of(source.path)
    settings["model_sha256"] = hashlib.sha256(find_model(options.model).read_bytes()).hexdigest()
    parts = make_plan(source, out, settings)
    if left := missing(out, parts):
        start_ray(options.address, options.cores)
        try:
            score(left, options.cores, (source, out, options))
        except ray.exceptions.RayError as error:
            print(str(error).strip().splitlines()[-1], file=sys.stderr)
        if left := missing(out, parts):
            raise EmotionError(f"{len(left)} of {parts} parts are missing: run the command again")
    return f"all of {parts} parts are in {out.name_of(out.path)}"


def main(argv: Sequence[str] | None = None) -> int:
    """0: every image is in the output. 1: parts are missing. 2: wrong usage, by SystemExit."""
    parser = argparse.ArgumentParser("python -m emotion.bulk", description=DESCRIPTION)
    add = parser.add_argument
    add("source", metavar="SOURCE", help="image, folder, 'pattern/**/*.jpg' or s3://bucket/folder")
    add("--out", required=True, metavar="DIR", help="a folder for the output, or its address")
    add("--part-size", type=COUNT, default=PART_SIZE, metavar="N", help="images in each file")
    add("--address", metavar="HOST:PORT", help="of a Ray cluster to join (default: start one)")
    add("--cores", type=COUNT, metavar="N", help="workers, of one core each (default: all)")
    add_recognizer_options(parser)
    try:
        print(run(parser.parse_args(argv)))
    except (EmotionError, OSError, pa.ArrowException) as error:
        # Arrow's sentences may go on for lines.
        print(str(error).partition("\n")[0], file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    # By its name: Ray could not send the classes of a program that is called __main__.
    from emotion.bulk import main as main_by_name

    sys.exit(main_by_name())
