"""Results as records for JSON and rows for CSV."""

from collections.abc import Mapping, Sequence
from typing import Any

from emotion.types import LABELS, FacePrediction

COLUMNS = ("image", "face", "x1", "y1", "x2", "y2", "score", "label", "confidence", *LABELS)

# A spreadsheet takes a cell that begins with one of these for a formula (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

# More digits than these are noise.
PIXEL_DIGITS, PROBABILITY_DIGITS, MS_DIGITS = 2, 4, 1

Cell = str | int | float


def record(
    name: str,
    image_shape: Sequence[int],
    predictions: Sequence[FacePrediction],
    ms: Mapping[str, float],
) -> dict[str, Any]:
    """An image as a JSON object: name, size, faces, and the milliseconds of each stage.

    image_shape begins with (height, width).
    """
    height, width = image_shape[:2]
    return {
        "image": name,
        "width": int(width),
        "height": int(height),
        "faces": [face_record(prediction) for prediction in predictions],
        "ms": {stage: round(float(value), MS_DIGITS) for stage, value in ms.items()},
    }


def face_record(prediction: FacePrediction) -> dict[str, Any]:
    """A face as a JSON object."""
    return {
        "box": [round(float(edge), PIXEL_DIGITS) for edge in prediction.face.box],
        "score": round(float(prediction.face.score), PROBABILITY_DIGITS),
        "label": prediction.label,
        "confidence": round(prediction.confidence, PROBABILITY_DIGITS),
        "probabilities": {
            label: round(prediction.probabilities[label], PROBABILITY_DIGITS) for label in LABELS
        },
    }


def rows(name: str, predictions: Sequence[FacePrediction]) -> list[list[Cell]]:
    """One row a face, in the order of COLUMNS; faces are numbered from 1."""
    return [
        [name_cell(name), number, *cells(prediction)]
        for number, prediction in enumerate(predictions, start=1)
    ]


def name_cell(name: str) -> str:
    """A name as a cell: one that a spreadsheet would run as a formula gets an apostrophe."""
    return f"'{name}" if name.startswith(FORMULA_STARTS) else name


def cells(prediction: FacePrediction) -> list[Cell]:
    """A face's cells: those of COLUMNS after image and face."""
    face = face_record(prediction)
    return [
        *face["box"],
        face["score"],
        face["label"],
        face["confidence"],
        *face["probabilities"].values(),
    ]
