"""The example pictures: each has a source, and both detectors find its faces."""

from pathlib import Path

import pytest

from emotion import LABELS
from emotion.detection import load_detector
from emotion.image import load_image

FOLDER = Path(__file__).parents[1] / "examples"
COLUMNS = ("file", "faces", "shows", "source", "licence")


def read_table() -> list[dict[str, str]]:
    """The rows of the table in SOURCES.md."""
    lines = [line for line in (FOLDER / "SOURCES.md").read_text().splitlines() if line[:1] == "|"]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


ROWS = read_table()


def test_every_picture_has_a_source_and_a_licence() -> None:
    assert [row["file"] for row in ROWS] == sorted(path.name for path in FOLDER.glob("*.jpg"))
    assert len(ROWS) >= 8
    assert all(row["source"] and row["licence"] for row in ROWS)


def test_every_expression_has_an_example() -> None:
    assert {label for row in ROWS for label in row["shows"].split(", ")} == set(LABELS)


@pytest.mark.parametrize("name", ["mtcnn", "yunet"])
def test_both_detectors_find_the_faces(name: str, yunet_path: Path) -> None:
    detector = load_detector(name, yunet=yunet_path)
    found = {row["file"]: len(detector.detect(load_image(FOLDER / row["file"]))) for row in ROWS}
    assert found == {row["file"]: int(row["faces"]) for row in ROWS}
