"""Facial expressions in photographs: faces found, cropped as FER-2013's were, and classified."""

import os

# Since 1.29 onnxruntime reports to Microsoft which models a process runs, unless this is set
# before it is loaded. It must come first: nothing leaves the machine.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from emotion.classify import EmotionClassifier
from emotion.recognize import EmotionRecognizer
from emotion.types import (
    LABELS,
    EmotionError,
    Face,
    FacePrediction,
    ImageError,
    ModelError,
    VideoError,
)

__version__ = "1.0.0"  # of the package; the model's own stands in its file

__all__ = [
    "LABELS",
    "EmotionClassifier",
    "EmotionError",
    "EmotionRecognizer",
    "Face",
    "FacePrediction",
    "ImageError",
    "ModelError",
    "VideoError",
]
