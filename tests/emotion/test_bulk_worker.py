"""One part to its file: what is read, what is scored, and a row for whatever can't be."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emotion import LABELS, EmotionRecognizer, ModelError
from emotion.bulk import reading, score
from emotion.bulk.places import Place, open_place
from emotion.bulk.plan import Settings, part_name, write_plan
from emotion.bulk.sources import Part, find_parts
from emotion.bulk.worker import Job, Worker
from emotion.image import Pixels
from tests.emotion.test_bulk_places import store


def scored(source: Place, model: Path, out: Path) -> pa.Table:
    """What a worker writes for all of the source as one part."""
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    settings = Settings("in", "image", 100, "mtcnn", None, False, digest)
    out.mkdir()
    place = open_place(str(out))
    write_plan(place, find_parts(source, 100, "image"), settings)
    said = Worker(Job(source, place, str(model), settings))({"part": np.array([0])})
    table = pq.read_table(out / part_name(0))
    assert {name: value for name, (value,) in said.items()} == {
        "images": len(set(table["path"].to_pylist())),
        "faces": table["face"].to_pylist().count(1) + table["face"].to_pylist().count(2),
        "errors": sum(error is not None for error in table["error"].to_pylist()),
    }
    return table


@pytest.fixture
def pictures(tmp_path: Path, astronaut: Path, astronaut_image: Pixels) -> Path:
    from PIL import Image

    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "1.jpg").symlink_to(astronaut)
    Image.fromarray(np.hstack([astronaut_image] * 2)).save(folder / "2.png")
    (folder / "3.ppm").write_bytes(b"P6 64 64 255 " + bytes([90]) * (64 * 64 * 3))
    (folder / "4.jpg").write_bytes(astronaut.read_bytes()[:9000])
    (folder / os.fsdecode(b"5\xff.jpg")).touch()
    return folder


def test_every_image_has_a_row(
    pictures: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that some runs of the network have faces of several images, and one has none.
    monkeypatch.setattr(score, "IMAGES", 2)
    table = scored(open_place(str(pictures)), tiny_model, tmp_path / "out")
    assert table.schema.remove_metadata() == score.SCHEMA
    rows = table.to_pylist()
    assert [(Path(row["path"]).name, row["face"], row["error"]) for row in rows] == [
        ("1.jpg", 1, None),
        ("2.png", 1, None),
        ("2.png", 2, None),
        ("3.ppm", None, None),
        ("4.jpg", None, "4.jpg is damaged or cut short"),
        ("5\\udcff.jpg", None, "'5\\udcff.jpg' is empty"),
    ]
    recognizer = EmotionRecognizer(tiny_model, detector="mtcnn")
    expected = [
        *recognizer.recognize(pictures / "1.jpg"),
        *recognizer.recognize(pictures / "2.png"),
    ]
    for row, face in zip(rows[:3], expected, strict=True):
        assert [row[edge] for edge in ("x1", "y1", "x2", "y2")] == pytest.approx(face.face.box)
        assert (row["label"], row["score"]) == (face.label, pytest.approx(face.face.score))
        assert {label: row[label] for label in LABELS} == pytest.approx(face.probabilities)
        assert row["confidence"] == row[row["label"]]


def test_pictures_in_a_store(pictures: Path, tiny_model: Path, tmp_path: Path) -> None:
    (pictures / os.fsdecode(b"5\xff.jpg")).unlink()
    table = scored(store(tmp_path, "in"), tiny_model, tmp_path / "out")
    found = zip(table["path"].to_pylist(), table["face"].to_pylist(), strict=True)
    assert list(found) == [
        *(("store://in/1.jpg", 1), ("store://in/2.png", 1), ("store://in/2.png", 2)),
        *(("store://in/3.ppm", None), ("store://in/4.jpg", None)),
    ]
    assert table["error"].to_pylist()[-1] == "the image is damaged or cut short"


def test_objects_that_vanish_or_are_too_large(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 2**14)
    source, model = store(tmp_path, "in"), EmotionRecognizer(detector="mtcnn")
    images = reading.read_part(source, Part(["in/gone.jpg", "in/1.jpg", "in/3.ppm"]), "image")
    assert score.score(model, images)["error"].to_pylist() == [
        "store://in/gone.jpg does not exist",
        "store://in/1.jpg is larger than 0 MiB",
        None,
    ]


STRUCT = pa.struct({"bytes": pa.binary(), "path": pa.string()})


@pytest.mark.parametrize("kind", [pa.binary(), STRUCT])
def test_tables(astronaut: Path, tiny_model: Path, tmp_path: Path, kind: pa.DataType) -> None:
    cells: list[bytes | None] = [astronaut.read_bytes(), None, b"no picture"]
    column = pa.array([{"bytes": cell} if kind == STRUCT else cell for cell in cells], kind)
    pq.write_table(pa.table({"image": column}), tmp_path / "in.parquet")
    table = scored(open_place(f"{tmp_path}/in.parquet"), tiny_model, tmp_path / "out")
    assert table["path"].to_pylist() == [f"{tmp_path}/in.parquet#{row}" for row in range(3)]
    assert table["face"].to_pylist() == [1, None, None]
    assert table["error"].to_pylist() == [
        None,
        "the image is missing: its row has no bytes",
        "the image is not an image of a kind that can be read",
    ]


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 5), (5, 10), (3, 12), (11, 12), (19, 45), (44, 45), (0, 45)]
)
def test_rows_of_a_table_whatever_its_groups_are(tmp_path: Path, start: int, stop: int) -> None:
    """Groups of five, and batches of 16."""
    path = tmp_path / "in.parquet"
    contents = [bytes([number]) for number in range(45)]
    pq.write_table(pa.table({"a": contents, "b": contents}), path, row_group_size=5)
    found = reading.read_part(open_place(str(path)), Part([str(path)], start, stop), "b")
    expected = [(f"{path}#{number}", contents[number]) for number in range(start, stop)]
    assert [(name, content()) for name, content in found] == expected


def test_another_model_than_was_meant(tiny_model: Path, tmp_path: Path) -> None:
    place = open_place(str(tmp_path))
    settings = Settings("in", "image", 100, "mtcnn", None, False, "0" * 64)
    write_plan(place, [Part(["a"])], settings)
    with pytest.raises(ModelError, match=r"tiny.onnx differs between machines$"):
        Worker(Job(place, place, str(tiny_model), replace(settings)))
