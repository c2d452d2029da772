"""The bundled model's probabilities: the same alone and in any company.

On the machine where this was written 255 crops gave the same to the last bit alone, in batches of
2 to 64, with one thread and with two. TOLERANCE is for other processors, where other kernels may
add up in another order: forty times float32's rounding, and a hundredth of what is ever shown.
"""

import numpy as np
import pytest

from emotion import EmotionClassifier, EmotionRecognizer
from emotion.classify import CHUNK
from emotion.crop import crop_faces
from emotion.image import Pixels, load_image
from emotion.types import CROP_SIZE
from tests.conftest import ROOT

TOLERANCE = 5e-6


@pytest.fixture(scope="module")
def classifier() -> EmotionClassifier:
    return EmotionClassifier()


@pytest.fixture(scope="module")
def faces(classifier: EmotionClassifier) -> Pixels:
    """Crops of real and drawn faces, (N, 48, 48)."""
    recognizer = EmotionRecognizer(classifier, detector="mtcnn")
    images = [load_image(path) for path in sorted((ROOT / "examples").glob("*.jpg"))]
    return np.concatenate([crop_faces(image, recognizer.detect(image)) for image in images])


def test_alone_or_in_a_batch(classifier: EmotionClassifier, faces: Pixels) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (CHUNK, CROP_SIZE, CROP_SIZE), np.uint8)
    crops = np.concatenate([faces, noise])
    batch = classifier.classify(crops)
    single = np.concatenate([classifier.classify(crop[np.newaxis]) for crop in crops])
    np.testing.assert_allclose(batch, single, rtol=0, atol=TOLERANCE)
