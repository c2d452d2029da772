"""What the model says of a face and of its mirror image: `python -m benchmarks.mirror [FOLDER]`.

An expression is the same in a mirror, so what differs is the model's uncertainty, or the
detector's. FOLDER holds photographs, anywhere below it; without one, `examples/`.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.section import Row, Section
from emotion import EmotionRecognizer
from emotion.cli.inputs import find_inputs
from emotion.crop import crop_faces
from emotion.image import Pixels, load_image

EXAMPLES = Path(__file__).parents[1] / "examples"

Floats = npt.NDArray[np.float32]


class Pair(NamedTuple):
    """Probabilities (N, 7) of N faces, and of the same mirrored."""

    plain: Floats
    mirrored: Floats


def of_crops(recognizer: EmotionRecognizer, images: Iterable[Pixels]) -> Pair:
    """The classifier alone: each crop, and the crop mirrored."""
    crops = np.concatenate([crop_faces(image, recognizer.detect(image)) for image in images])
    classify = recognizer.classifier.classify
    return Pair(classify(crops), classify(crops[:, :, ::-1]))


def of_pictures(recognizer: EmotionRecognizer, images: Iterable[Pixels]) -> Pair:
    """The whole pipeline, which finds and crops the mirrored face anew: largest faces."""
    answers = [
        [
            recognizer.recognize(turned)[:1]
            for turned in (image, np.ascontiguousarray(image[:, ::-1]))
        ]
        for image in images
    ]
    found = [
        [list(face.probabilities.values()) for (face,) in pair] for pair in answers if all(pair)
    ]
    plain, mirrored = np.array(found, np.float32).reshape(-1, 2, 7).swapaxes(0, 1)
    return Pair(plain, mirrored)


def row(title: str, pair: Pair) -> Row:
    """Share of faces with the same label, and how far the seven probabilities lie apart."""
    apart = np.abs(pair.plain - pair.mirrored)
    same = pair.plain.argmax(axis=1) == pair.mirrored.argmax(axis=1)
    return {
        "what": title,
        "faces": len(apart),
        "same label": float(same.mean()),
        "mean difference": float(apart.mean()),
        "mean of a face's largest": float(apart.max(axis=1).mean()),
        "largest of all": float(apart.max()),
    }


def main(folder: Path) -> None:
    """Prints the table."""
    recognizer = EmotionRecognizer(detector="mtcnn")
    inputs, _ = find_inputs([str(folder)])
    images = [load_image(found.path) for found in inputs]
    rows = [
        row("crops", of_crops(recognizer, images)),
        row("pictures", of_pictures(recognizer, images)),
    ]
    note = "Probabilities are 0 to 1; of a picture its largest face counts."
    print(Section(f"Mirrored: {folder.name}", note, rows).markdown())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES)
