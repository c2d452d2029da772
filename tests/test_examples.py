"""The example pictures: their sources, whether faces are found, what is recognised in them."""

from pathlib import Path

import numpy as np
import pytest

from emotion import EmotionRecognizer
from emotion.detection import Detector, load_detector
from emotion.image import load_image
from emotion.types import LABELS
from examples import draw
from examples.people import PEOPLE
from examples.sources import COLUMNS, FOLDER, TABLE, read_table, recognised_as

ROWS = read_table(TABLE.read_text("utf-8"))
PICTURES = sorted(
    path.name for path in FOLDER.iterdir() if path.suffix in {".jpg", ".jpeg", ".png", ".webp"}
)

by_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row["File"])


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector("mtcnn")


@pytest.fixture(scope="module")
def recognizer() -> EmotionRecognizer:
    return EmotionRecognizer(detector="mtcnn")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("| " + " | ".join(COLUMNS) + " |\n|---|---|---|---|---|---|\n", []),
        (
            "Words.\n\n| File | … |\n|---|---|\n| a.jpg | 1 | sad | fear | drawn | MIT |\n",
            [dict(zip(COLUMNS, ("a.jpg", "1", "sad", "fear", "drawn", "MIT"), strict=True))],
        ),
    ],
)
def test_table_is_read(text: str, rows: list[dict[str, str]]) -> None:
    assert read_table(text) == rows


def test_no_face_is_recognised_as_nothing() -> None:
    assert recognised_as([]) == ""


def test_every_picture_has_its_row_and_every_row_its_picture() -> None:
    assert len(PICTURES) >= 8
    assert [row["File"] for row in ROWS] == PICTURES
    assert all(row["Source"] and row["Licence"] for row in ROWS)


def test_every_expression_is_drawn() -> None:
    drawn = {label for row in ROWS for label in row["Drawn to show"].split(", ")}
    assert drawn >= set(LABELS)


def test_every_drawn_portrait_has_its_person() -> None:
    assert {f"{name}.jpg" for name in PEOPLE} | {"astronaut.jpg", "group.jpg"} == set(PICTURES)


def test_pictures_are_small() -> None:
    sizes = [(FOLDER / name).stat().st_size for name in PICTURES]
    assert max(sizes) < 150_000
    assert sum(sizes) < 1_500_000


@by_row
def test_default_detector_finds_the_faces(row: dict[str, str], detector: Detector) -> None:
    assert len(detector.detect(load_image(FOLDER / row["File"]))) == int(row["Faces"])


@by_row
def test_yunet_finds_the_same_number(row: dict[str, str], yunet_path: Path) -> None:
    faces = load_detector("yunet", yunet=yunet_path).detect(load_image(FOLDER / row["File"]))
    assert len(faces) == int(row["Faces"])


@by_row
def test_recognised_as_what_the_table_says(
    row: dict[str, str], recognizer: EmotionRecognizer
) -> None:
    predictions = recognizer.recognize(FOLDER / row["File"])
    predictions.sort(key=lambda prediction: prediction.face.box[0])
    labels = row["Recognised as"].split(", ")
    said = [p.probabilities[label] for p, label in zip(predictions, labels, strict=True)]
    # Near a tie, another machine's arithmetic may put the runner-up first.
    assert all(p.confidence - share < 0.05 for p, share in zip(predictions, said, strict=True))
    assert said


def test_drawing_again_gives_the_same_picture() -> None:
    again = draw.portrait("portrait-7").astype(np.float32)
    stored = load_image(FOLDER / "portrait-7.jpg").astype(np.float32)
    # What JPEG loses, a level or two.
    assert np.abs(again - stored).mean() < 3
