"""The bundled model's probabilities: sound for any crop, the same in any company, and mirrored.

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
from emotion.types import CROP_SIZE, LABELS
from tests.conftest import ROOT

TOLERANCE = 5e-6

SHAPE = (CROP_SIZE, CROP_SIZE)


@pytest.fixture(scope="module")
def classifier() -> EmotionClassifier:
    return EmotionClassifier()


@pytest.fixture(scope="module")
def recognizer(classifier: EmotionClassifier) -> EmotionRecognizer:
    return EmotionRecognizer(classifier, detector="mtcnn")


@pytest.fixture(scope="module")
def examples() -> list[Pixels]:
    paths = sorted((ROOT / "examples").glob("*.jpg"))
    assert len(paths) == 10
    return [load_image(path) for path in paths]


@pytest.fixture(scope="module")
def faces(recognizer: EmotionRecognizer, examples: list[Pixels]) -> Pixels:
    """Crops of real and drawn faces, (N, 48, 48)."""
    return np.concatenate([crop_faces(image, recognizer.detect(image)) for image in examples])


def extreme_crops() -> dict[str, Pixels]:
    random = np.random.default_rng(0)
    rows, columns = np.indices(SHAPE)
    spot = np.zeros((1, *SHAPE), np.uint8)
    spot[0, 24, 24] = 255
    return {
        "flat": np.broadcast_to(np.arange(0, 256, 5, np.uint8)[:, None, None], (52, *SHAPE)),
        "noise": random.integers(0, 256, (64, *SHAPE), np.uint8),
        "black and white noise": 255 * random.integers(0, 2, (64, *SHAPE), np.uint8),
        "checks": np.stack([255 * ((rows // k + columns // k) % 2) for k in (1, 2, 3, 8)]),
        "stripes": np.stack([255 * (axis // k % 2) for axis in (rows, columns) for k in (1, 4)]),
        "ramps": np.stack([rows * 5, columns * 5, 255 - rows * 5]),
        "one spot": np.concatenate([spot, 255 - spot]),
    }


@pytest.mark.parametrize("kind", extreme_crops())
def test_any_crop_has_probabilities(classifier: EmotionClassifier, kind: str) -> None:
    crops = extreme_crops()[kind].astype(np.uint8)
    probabilities = classifier.classify(crops)
    assert probabilities.shape == (len(crops), len(LABELS))
    assert np.isfinite(probabilities).all()
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1
    np.testing.assert_allclose(probabilities.sum(axis=1, dtype=np.float64), 1, atol=1e-5)


def test_alone_or_in_a_batch(classifier: EmotionClassifier, faces: Pixels) -> None:
    crops = np.concatenate([faces, extreme_crops()["noise"], faces])
    assert len(crops) > CHUNK
    batch = classifier.classify(crops)
    single = np.concatenate([classifier.classify(crop[np.newaxis]) for crop in crops])
    np.testing.assert_allclose(batch, single, rtol=0, atol=TOLERANCE)


def test_one_thread_or_two(classifier: EmotionClassifier, faces: Pixels) -> None:
    two = EmotionClassifier(threads=2).classify(faces)
    np.testing.assert_allclose(two, classifier.classify(faces), rtol=0, atol=TOLERANCE)


def test_every_run_says_the_same(classifier: EmotionClassifier, faces: Pixels) -> None:
    """To the last bit, in a session that has run and in a new one."""
    first = classifier.classify(faces)
    for again in (classifier, classifier, EmotionClassifier()):
        np.testing.assert_array_equal(again.classify(faces), first)


def test_mirrored_faces(recognizer: EmotionRecognizer, examples: list[Pixels]) -> None:
    """An expression is the same in a mirror, and the model learned from mirrored faces too.

    Seven probabilities drawn by chance differ by 0.13 from a second draw on average.
    """
    crops = np.concatenate([crop_faces(image, recognizer.detect(image)) for image in examples])
    plain, mirrored = map(recognizer.classifier.classify, (crops, crops[:, :, ::-1]))
    assert len(crops) >= 13
    assert (plain.argmax(axis=1) == mirrored.argmax(axis=1)).mean() >= 0.75
    assert np.abs(plain - mirrored).mean() < 0.05
