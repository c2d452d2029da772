"""Facial expressions in photographs: faces found, cropped as FER-2013's were, and classified."""

from emotion.classify import EmotionClassifier
from emotion.recognize import EmotionRecognizer
from emotion.types import LABELS, EmotionError, Face, FacePrediction, ImageError, ModelError

__all__ = [
    "LABELS",
    "EmotionClassifier",
    "EmotionError",
    "EmotionRecognizer",
    "Face",
    "FacePrediction",
    "ImageError",
    "ModelError",
]
