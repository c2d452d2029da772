"""The words the whole project speaks: labels, faces, predictions, errors.

EmotionError            everything this package raises on purpose
├── ImageError          a picture that can't be read
├── ModelError          a model file that is missing or doesn't fit
└── VideoError          a clip that can't be read
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

# FER-2013's own numbering, 0 to 6. Every array of probabilities is in this order.
LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

# FER-2013's frame, in pixels: nothing larger was ever seen in training.
CROP_SIZE = 48

Box = tuple[float, float, float, float]
Point = tuple[float, float]


class EmotionError(Exception):
    """Base of the errors that this package raises; the message is one sentence for a person."""


class ImageError(EmotionError):
    """The picture can't be read: not an image, damaged, empty, or too large."""


class ModelError(EmotionError):
    """A model file is missing, damaged, or has other inputs, outputs or labels than expected."""


class VideoError(EmotionError):
    """The clip can't be read: not a video, damaged, without a picture, or too large."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face found in an image.

    box is (x1, y1, x2, y2) in pixels of the source image and may reach outside it;
    score is the detector's confidence, 0 to 1. landmarks are five points (x, y) in the same
    pixels: right eye, left eye, nose, right and left corner of the mouth, where right and left
    are the person's own. None where they are not known.
    """

    box: Box
    score: float
    landmarks: tuple[Point, ...] | None = None

    @property
    def area(self) -> float:
        """Square pixels of the box."""
        x1, y1, x2, y2 = self.box
        return max(0.0, x2 - x1) * max(0.0, y2 - y1)


@dataclass(frozen=True, slots=True)
class FacePrediction:
    """A face with the probability of each expression, keyed and ordered as LABELS, summing to 1.

    attention is float32 (h, w), 0 to 1, over the square `emotion.crop.frame_of(face.box)`: how much
    each field of it spoke for `label`. None where the model does not say, or after smoothing.
    """

    face: Face
    probabilities: dict[str, float]
    attention: npt.NDArray[np.float32] | None = field(default=None, compare=False, repr=False)

    @property
    def label(self) -> str:
        """The most probable expression."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def confidence(self) -> float:
        """The probability of `label`, 0 to 1."""
        return max(self.probabilities.values())


def shown(path: Path) -> str:
    """The path as messages show it: on one line, control characters and bad bytes escaped."""
    text = str(path)
    return text if text.isprintable() else repr(text)
