"""What runs on each core: numbers of parts in, files of the output out."""

import hashlib
import os
from dataclasses import dataclass
from typing import Any

import cv2
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from emotion.bulk.places import Place
from emotion.bulk.plan import Plan, Settings, part_name
from emotion.bulk.reading import read_part
from emotion.bulk.score import score
from emotion.hub import find_model
from emotion.recognize import EmotionRecognizer
from emotion.types import ModelError


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker must know; it is sent to other machines. model is as of EmotionRecognizer."""

    source: Place
    out: Place
    model: str | None
    settings: Settings


class Worker:
    """Holds the networks, each with one thread. Raises ModelError."""

    def __init__(self, job: Job) -> None:
        cv2.setNumThreads(1)
        settings = job.settings
        if sha256_of(job.model) != settings.model_sha256:
            raise ModelError(f"the model {job.model or 'in the package'} differs between machines")
        self._job = job
        self._plan = Plan(job.out)
        self._recognizer = EmotionRecognizer(
            job.model,
            detector=settings.detector,
            min_score=settings.min_score,
            largest=settings.largest,
        )

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[int]]:
        """Scores and writes the one part in the batch; says how much was in it."""
        (number,) = batch["part"]
        job = self._job
        images = read_part(job.source, self._plan.part(int(number)), job.settings.column)
        table = score(self._recognizer, images)
        content = pa.BufferOutputStream()
        pq.write_table(table, content, compression="zstd")
        job.out.put(part_name(int(number)), content.getvalue())
        return counts(table)


def counts(table: pa.Table) -> dict[str, list[int]]:
    """Images, faces, and images that could not be read, of one part."""
    faces = len(table) - table["face"].null_count
    later = pc.sum(pc.greater(table["face"], 1)).as_py() or 0
    return {
        "images": [len(table) - later],
        "faces": [faces],
        "errors": [len(table) - table["error"].null_count],
    }


def sha256_of(model: str | os.PathLike[str] | None) -> str:
    """Of the ONNX file that `find_model` gives."""
    with find_model(model).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
