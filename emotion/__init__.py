"""Facial expressions in photographs: find faces, crop them as FER-2013 did, classify them."""

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
