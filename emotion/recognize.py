"""Images to faces with their expressions: detect, crop, classify."""

import os
import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from emotion.classify import EmotionClassifier
from emotion.crop import crop_faces, turn_back
from emotion.detection import Name, load_detector
from emotion.image import Pixels, Source, load_image
from emotion.types import CROP_SIZE, LABELS, Face, FacePrediction

# Far outside any picture, and near enough for arithmetic in whole pixels.
LARGEST_COORDINATE = 1e9


class EmotionRecognizer:
    """Every face in a picture, with the probability of each expression.

    model is None (the bundled one), a path, or OWNER/NAME[@REVISION] on the Hub, or a classifier
    that others use too; detector, yunet and min_score are those of `load_detector`. With largest,
    only the largest face of a picture counts. threads are those of the detector and
    of a classifier loaded here. Raises ModelError. Safe to share between threads; a copy for
    another process opens both networks there.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | EmotionClassifier | None = None,
        *,
        detector: Name = "auto",
        yunet: str | os.PathLike[str] | None = None,
        min_score: float | None = None,
        largest: bool = False,
        threads: int = 1,
    ) -> None:
        if not isinstance(model, EmotionClassifier):
            model = EmotionClassifier(model, threads=threads)
        self.classifier = model
        self.detector = load_detector(detector, yunet=yunet, min_score=min_score, threads=threads)
        self._largest = largest

    def recognize(
        self, image: Source, boxes: Sequence[Sequence[float]] | npt.ArrayLike | None = None
    ) -> list[FacePrediction]:
        """The faces in whatever `load_image` reads, the largest first; [] where there is none.

        With boxes, (N, 4) as (x1, y1, x2, y2) in pixels, no face is looked for: the boxes are
        the faces, in their order, and each scores 1. Raises ImageError, or ValueError for boxes
        that are none or lie outside the picture.
        """
        pixels = load_image(image)
        faces = self.detect(pixels) if boxes is None else _faces_of(boxes, pixels)
        return self.classify(pixels, faces)

    def recognize_batch(self, images: Sequence[Source]) -> list[list[FacePrediction]]:
        """What `recognize` says of each image; the faces of all are classified in one run.

        Keeps crops and not pictures, so that many images take little memory. Raises ImageError.
        """
        faces: list[list[Face]] = []
        crops = [np.empty((0, CROP_SIZE, CROP_SIZE), np.uint8)]
        for image in images:
            pixels = load_image(image)
            faces.append(self.detect(pixels))
            crops.append(crop_faces(pixels, faces[-1]))
        every = [face for found in faces for face in found]
        predictions = iter(self._predictions(every, np.concatenate(crops)))
        return [[next(predictions) for _ in found] for found in faces]

    def detect(self, image: Pixels) -> list[Face]:
        """The faces in RGB uint8 (H, W, 3), the largest first."""
        faces = self.detector.detect(image)
        return faces[:1] if self._largest else faces

    def classify(self, image: Pixels, faces: Sequence[Face]) -> list[FacePrediction]:
        """The expressions of faces in RGB uint8 (H, W, 3), in the order of `faces`."""
        return self._predictions(faces, crop_faces(image, faces))

    def _predictions(
        self, faces: Sequence[Face], crops: npt.NDArray[np.uint8]
    ) -> list[FacePrediction]:
        rows, maps = self.classifier.explain(crops)
        grids = [None] * len(faces) if maps is None else map(turn_back, maps, faces)
        return [
            FacePrediction(face, dict(zip(LABELS, row, strict=True)), grid)
            for face, row, grid in zip(faces, rows.tolist(), grids, strict=True)
        ]


def _faces_of(boxes: Sequence[Sequence[float]] | npt.ArrayLike, image: Pixels) -> list[Face]:
    array = np.asarray(boxes, np.float64)
    if array.size == 0:
        return []
    if array.ndim != 2 or array.shape[1] != 4:
        raise ValueError(f"boxes must have shape (N, 4), but have {array.shape}")
    height, width = image.shape[:2]
    x1, y1, x2, y2 = array.T
    # False too where a coordinate is not a number.
    sound = (np.abs(array) < LARGEST_COORDINATE).all(axis=1) & (x1 < x2) & (y1 < y2)
    sound &= (x1 < width) & (y1 < height) & (x2 > 0) & (y2 > 0)
    if not sound.all():
        expected = f"(x1, y1, x2, y2) with x1 < x2 and y1 < y2, in an image of {width}x{height}"
        raise ValueError(f"the box {array[~sound][0].tolist()} must be {expected}")
    return [Face(tuple(row), 1.0) for row in array.tolist()]


def recognize_timed(
    recognizer: EmotionRecognizer, source: Source
) -> tuple[Pixels, list[FacePrediction], dict[str, float]]:
    """The image, RGB uint8 (H, W, 3), its faces, and the milliseconds of decode, detect, classify.

    Raises ImageError.
    """
    times = [time.perf_counter()]
    image = load_image(source)
    times.append(time.perf_counter())
    faces = recognizer.detect(image)
    times.append(time.perf_counter())
    predictions = recognizer.classify(image, faces)
    times.append(time.perf_counter())
    ms = (1000 * np.diff(times)).tolist()
    return image, predictions, dict(zip(("decode", "detect", "classify"), ms, strict=True))
