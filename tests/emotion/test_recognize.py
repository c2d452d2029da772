"""From an image to expressions; by hand-made boxes, in batches, and end to end."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from emotion import LABELS, EmotionRecognizer, Face
from emotion.crop import crop_faces
from emotion.image import Pixels

BOX = (178.0, 63.0, 268.0, 176.0)


@pytest.fixture(scope="module")
def recognizer(tiny_model: Path) -> EmotionRecognizer:
    return EmotionRecognizer(tiny_model, detector="mtcnn")


@pytest.fixture(scope="module")
def two_faces(astronaut_image: Pixels) -> Pixels:
    """The astronaut, and on the left again, half as large."""
    both = np.zeros((512, 768, 3), np.uint8)
    both[:256, :256] = astronaut_image[::2, ::2]
    both[:, 256:] = astronaut_image
    return both


def test_attention_is_there_where_the_model_has_it(
    explaining_model: Path, recognizer: EmotionRecognizer, two_faces: Pixels, astronaut: Path
) -> None:
    explaining = EmotionRecognizer(explaining_model, detector="mtcnn")
    faces = explaining.recognize(two_faces)
    _, expected = explaining.classifier.explain(crop_faces(two_faces, [one.face for one in faces]))
    np.testing.assert_array_equal([one.attention for one in faces], expected)
    ((alone,), both) = explaining.recognize_batch([astronaut, two_faces])
    np.testing.assert_allclose([one.attention for one in both], expected, rtol=1e-5)
    (plain,) = recognizer.recognize(astronaut)
    assert plain.attention is None
    assert plain == alone, "what a model says of its reasons is no part of what it says"


def test_largest(tiny_model: Path, recognizer: EmotionRecognizer, two_faces: Pixels) -> None:
    largest = EmotionRecognizer(tiny_model, detector="mtcnn", largest=True)
    both = recognizer.recognize(two_faces)
    assert len(both) == 2
    assert largest.recognize(two_faces) == both[:1]
    assert largest.recognize(np.zeros((9, 9, 3), np.uint8)) == []


def test_a_recognizer_in_another_process(tiny_model: Path, two_faces: Pixels) -> None:
    largest = EmotionRecognizer(tiny_model, detector="mtcnn", largest=True, min_score=0.5)
    copy = pickle.loads(pickle.dumps(largest))
    assert copy.recognize(two_faces) == largest.recognize(two_faces)
    assert len(copy.recognize(two_faces)) == 1


def test_batch_equals_single(
    recognizer: EmotionRecognizer, two_faces: Pixels, astronaut: Path
) -> None:
    images = [np.zeros((9, 9, 3), np.uint8), two_faces, astronaut]
    batch = recognizer.recognize_batch(images)
    assert [len(faces) for faces in batch] == [0, 2, 1]
    for together, image in zip(batch, images, strict=True):
        alone = recognizer.recognize(image)
        assert [p.face for p in together] == [p.face for p in alone]
        for one, other in zip(together, alone, strict=True):
            assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5)


@pytest.mark.parametrize("boxes", [[], [(-8e8, -8e8, 8e8, 8e8)], np.array([BOX, BOX], np.float32)])
def test_boxes(recognizer: EmotionRecognizer, astronaut_image: Pixels, boxes: list) -> None:
    predictions = recognizer.recognize(astronaut_image, boxes=boxes)
    assert [p.face for p in predictions] == [Face(tuple(box), 1.0) for box in boxes]


@pytest.mark.parametrize(
    ("boxes", "sentence"),
    [
        ([[1, 2, 3]], "boxes must have shape (N, 4), but have (1, 3)"),
        ([[0, 0, float("nan"), 9]], "the box [0.0, 0.0, nan, 9.0] must be (x1, y1, x2, y2)"),
        ([BOX, [9, 9, 9, 20]], "the box [9.0, 9.0, 9.0, 20.0] must be (x1, y1, x2, y2)"),
        ([[600, 0, 700, 50]], "the box [600.0, 0.0, 700.0, 50.0] must be (x1, y1, x2, y2)"),
    ],
)
def test_boxes_that_are_none(
    recognizer: EmotionRecognizer, astronaut_image: Pixels, boxes: list, sentence: str
) -> None:
    with pytest.raises(ValueError, match=r"^(the box|boxes) ") as caught:
        recognizer.recognize(astronaut_image, boxes=boxes)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("detector", ["yunet", "mtcnn"])
def test_the_astronaut_is_happy(
    detector: str, astronaut: Path, request: pytest.FixtureRequest
) -> None:
    """End to end, with the bundled model."""
    yunet = request.getfixturevalue("yunet_path") if detector == "yunet" else None
    (prediction,) = EmotionRecognizer(detector=detector, yunet=yunet).recognize(astronaut)
    assert tuple(prediction.probabilities) == LABELS
    assert prediction.label == "happy"
    assert prediction.confidence > 0.5
