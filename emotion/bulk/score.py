"""Images to rows of the output: every image has one at least, whatever is in it."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from emotion.bulk.reading import Named
from emotion.crop import crop_faces
from emotion.image import load_image
from emotion.recognize import EmotionRecognizer
from emotion.types import CROP_SIZE, LABELS, Face, ImageError

# Those of the command line's table, with float32 as the network gives it; faces are numbered from
# 1. Without a face all is null between path and error, and error too unless it can't be read.
SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("face", pa.int32()),
        *((name, pa.float32()) for name in ("x1", "y1", "x2", "y2", "score")),
        ("label", pa.string()),
        *((name, pa.float32()) for name in ("confidence", *LABELS)),
        ("error", pa.string()),
    ]
)

# Images whose faces are classified in one run; of these only the crops are kept.
IMAGES = 64

Row = dict[str, Any]


class Found(NamedTuple):
    """The faces in one image, their crops uint8 (N, 48, 48), or why it could not be read."""

    name: str
    faces: list[Face]
    crops: npt.NDArray[np.uint8]
    error: str | None = None


def score(recognizer: EmotionRecognizer, images: Iterable[Named]) -> pa.Table:
    """A table with a row for each face, or for each image without one, in the order of images."""
    found = (_look(recognizer, image) for image in images)
    rows: list[Row] = []
    while several := list(islice(found, IMAGES)):
        crops = np.concatenate([each.crops for each in several])
        probabilities = iter(recognizer.classifier.classify(crops))
        for each in several:
            rows += _rows(each, probabilities)
    return pa.Table.from_pylist(rows, SCHEMA)


def _look(recognizer: EmotionRecognizer, image: Named) -> Found:
    name, source = image
    try:
        pixels = load_image(source())
    except ImageError as error:
        return Found(name, [], np.empty((0, CROP_SIZE, CROP_SIZE), np.uint8), str(error))
    faces = recognizer.detect(pixels)
    return Found(name, faces, crop_faces(pixels, faces))


def _rows(found: Found, probabilities: Iterator[npt.NDArray[np.float32]]) -> list[Row]:
    if not found.faces:
        return [{"path": found.name, "error": found.error}]
    return [
        {"path": found.name, "face": number, **_cells(face, next(probabilities))}
        for number, face in enumerate(found.faces, start=1)
    ]


def _cells(face: Face, probabilities: npt.NDArray[np.float32]) -> Row:
    return {
        **dict(zip(("x1", "y1", "x2", "y2"), face.box, strict=True)),
        "score": face.score,
        "label": LABELS[probabilities.argmax()],
        "confidence": probabilities.max(),
        **dict(zip(LABELS, probabilities, strict=True)),
    }
