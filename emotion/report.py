"""Results as records for JSON and rows for CSV."""

from collections.abc import Mapping, Sequence
from typing import Any

from emotion.types import LABELS, FacePrediction

COLUMNS = ("image", "face", "x1", "y1", "x2", "y2", "score", "label", "confidence", *LABELS)

# A spreadsheet takes a cell that begins with one of these for a formula (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

# Boxes to a hundredth of a pixel, probabilities to a ten-thousandth, times to a tenth: what lies
# below is noise.
BOX_DIGITS, SHARE_DIGITS, MS_DIGITS = 2, 4, 1


def record(
    name: str,
    image_shape: Sequence[int],
    predictions: Sequence[FacePrediction],
    ms: Mapping[str, float],
) -> dict[str, Any]:
    """One image as JSON says it: name, size, faces, and the milliseconds of each stage.

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


def rows(name: str, predictions: Sequence[FacePrediction]) -> list[list[str | int | float]]:
    """One row a face, in the order of COLUMNS; faces are numbered from 1.

    A name that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    safe_name = f"'{name}" if name.startswith(FORMULA_STARTS) else name
    return [
        [safe_name, number, *cells(prediction)]
        for number, prediction in enumerate(predictions, start=1)
    ]


def cells(prediction: FacePrediction) -> list[str | float]:
    """A face as the cells of a row: what COLUMNS has after image and face."""
    face = face_record(prediction)
    return [
        *face["box"],
        face["score"],
        face["label"],
        face["confidence"],
        *face["probabilities"].values(),
    ]


def face_record(prediction: FacePrediction) -> dict[str, Any]:
    """A face as JSON says it."""
    return {
        "box": [round(float(edge), BOX_DIGITS) for edge in prediction.face.box],
        "score": round(float(prediction.face.score), SHARE_DIGITS),
        "label": prediction.label,
        "confidence": round(prediction.confidence, SHARE_DIGITS),
        "probabilities": {
            label: round(prediction.probabilities[label], SHARE_DIGITS) for label in LABELS
        },
    }
