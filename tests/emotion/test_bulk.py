"""Sources to parts, and parts to files, without a cluster; with one: test_bulk_cluster.py."""

import os
from argparse import Namespace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.arrow import ArrowFSWrapper
from PIL import Image
from pyarrow import fs

from emotion import LABELS, EmotionError, EmotionRecognizer
from emotion.bulk import SCHEMA, Place, Worker, cut, file_name, main, make_plan, missing
from emotion.image import Pixels

SETTINGS = {"column": "image", "part_size": 3}


def store(folder: Path, path: str) -> Place:
    """A folder of this disk that Arrow does not know to be one."""
    files = fs.SubTreeFileSystem(str(folder), fs.LocalFileSystem())
    return Place(ArrowFSWrapper(files), path, "store://")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b/2.jpg", "b/c/3.JPG", "1.png", "notes.txt", "a/4.heic", "5.tar.gz"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).touch()
    return tmp_path / "in"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["1.png", "a/4.heic", "b/2.jpg", "b/c/3.JPG"]),
        ("/**/*.[jJ]*", ["b/2.jpg", "b/c/3.JPG"]),
        ("/none*", []),
    ],
)
@pytest.mark.parametrize("on_disk", [True, False])
def test_what_is_found(tree: Path, typed: str, found: list[str], on_disk: bool) -> None:
    place = Place.typed(f"{tree}{typed}") if on_disk else store(tree.parent, f"in{typed}")
    top = f"{tree}/" if on_disk else "in/"
    paths = [os.fsdecode(path) for part in cut(place, 2, "image") for path in part["paths"]]
    assert sorted(paths) == [f"{top}{name}" for name in found]


def table(path: Path, column: pa.Array, **options: int) -> Path:
    pq.write_table(pa.table({"picture": column}), path, **options)
    return path


@pytest.mark.parametrize(
    "kind", [pa.binary(), pa.large_binary(), pa.struct({"bytes": pa.binary(), "path": pa.string()})]
)
def test_tables_are_cut_by_rows(tmp_path: Path, kind: pa.DataType) -> None:
    table(tmp_path / "1.parquet", pa.array([None] * 5, kind), row_group_size=3)
    table(tmp_path / "2.parquet", pa.array([], kind))
    table(tmp_path / "3.parquet", pa.array([None] * 2, kind))
    parts = cut(Place.typed(f"{tmp_path}/*.parquet"), 2, "picture")
    found = [(os.fsdecode(*p["paths"])[-9:], p["group"], p["start"], p["stop"]) for p in parts]
    assert found == [
        *[("1.parquet", 0, 0, 2), ("1.parquet", 0, 2, 3), ("1.parquet", 1, 0, 2)],
        ("3.parquet", 0, 0, 2),
    ]


@pytest.mark.parametrize("column", ["image", "picture"])
def test_tables_without_images(tmp_path: Path, column: str) -> None:
    path = table(tmp_path / "1.parquet", pa.array(["a"]))
    with pytest.raises(
        EmotionError, match=rf"has no bytes of images in {column}: its columns: pic"
    ):
        list(cut(Place.typed(str(path)), 2, column))


def written(source: Place, out: Place, model: Path, column: str = "image") -> pa.Table:
    """What workers write for the whole source."""
    parts = make_plan(source, out, SETTINGS | {"column": column})
    options = Namespace(
        model=str(model), detector="mtcnn", min_score=None, largest=False, column=column
    )
    worker = Worker(source, out, options)
    tables = []
    for number in missing(out, parts):
        worker({"item": np.array([number])})
        tables.append(pq.read_table(out.inside(file_name(number)), filesystem=out.files))
    assert missing(out, parts) == []
    return pa.concat_tables(tables)


@pytest.fixture
def pictures(tmp_path: Path, astronaut: Path, astronaut_image: Pixels) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "1.jpg").symlink_to(astronaut)
    Image.fromarray(np.hstack([astronaut_image] * 2)).save(folder / "2.png")
    (folder / "3.ppm").write_bytes(b"P6 64 64 255 " + bytes([90]) * (64 * 64 * 3))
    (folder / "4.jpg").write_bytes(astronaut.read_bytes()[:9000])
    return folder


@pytest.mark.parametrize("on_disk", [True, False])
def test_every_image_has_a_row(
    pictures: Path, tiny_model: Path, tmp_path: Path, on_disk: bool
) -> None:
    out = store(tmp_path, "out")
    if on_disk:
        (pictures / os.fsdecode(b"5\xff.jpg")).touch()
        (pictures / "6.jpg").symlink_to("gone.jpg")
        out = Place.typed(str(tmp_path / "out"))
    found = written(
        Place.typed(str(pictures)) if on_disk else store(tmp_path, "in"), out, tiny_model
    )
    assert found.schema.remove_metadata() == SCHEMA
    rows = found.to_pylist()
    odd = [
        ("5\\udcff.jpg", None, "the image is empty"),
        ("6.jpg", None, "the image can't be opened: No such file or directory"),
    ]
    assert [(Path(row["path"]).name, row["face"], row["error"]) for row in rows] == [
        *[("1.jpg", 1, None), ("2.png", 1, None), ("2.png", 2, None), ("3.ppm", None, None)],
        ("4.jpg", None, "the image is damaged or cut short"),
        *(odd if on_disk else []),
    ]
    top = "" if on_disk else "store:/"
    assert rows[0]["path"].startswith(top or str(pictures))
    recognizer = EmotionRecognizer(tiny_model, detector="mtcnn")
    names = ("1.jpg", "2.png")
    expected = [face for name in names for face in recognizer.recognize(pictures / name)]
    for row, face in zip(rows[:3], expected, strict=True):
        assert [row[edge] for edge in ("x1", "y1", "x2", "y2")] == pytest.approx(face.face.box)
        assert (row["label"], row["score"]) == (face.label, pytest.approx(face.face.score))
        assert {label: row[label] for label in LABELS} == pytest.approx(face.probabilities)


def test_cells_of_a_table(tmp_path: Path, astronaut: Path, tiny_model: Path) -> None:
    cells = [astronaut.read_bytes(), b"", None, b"no image", astronaut.read_bytes()]
    path = table(tmp_path / "1.parquet", pa.array(cells * 2, pa.binary()), row_group_size=4)
    out = Place.typed(str(tmp_path / "out"))
    rows = written(Place.typed(str(path)), out, tiny_model, "picture").to_pylist()
    assert [row["path"] for row in rows] == [f"{path}#{number}" for number in range(10)]
    errors = [
        *(None, "the image is empty", "the image is missing: its row has no bytes"),
        *("the image is not an image of a kind that can be read", None),
    ]
    assert [row["error"] for row in rows] == errors * 2


def test_a_run_that_is_started_again_keeps_its_plan(
    pictures: Path, tiny_model: Path, tmp_path: Path
) -> None:
    source, out = Place.typed(str(pictures)), Place.typed(str(tmp_path / "out"))
    written(source, out, tiny_model)
    (tmp_path / "out" / file_name(1)).unlink()
    (pictures / "0.jpg").touch()
    assert make_plan(source, out, SETTINGS) == 2
    assert missing(out, 2) == [1]
    with pytest.raises(EmotionError, match=r"out holds a run with {'part_size': 3}: choose anot"):
        make_plan(source, out, SETTINGS | {"part_size": 4})


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("in", "/in does not exist or holds no images"),
        ("", " does not exist or holds no images"),
        ("foo://a/b", "foo://a/b"),
        ("text.parquet", "text.parquet"),
    ],
)
def test_sources_that_are_none(
    tmp_path: Path, source: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.parquet").write_text("no table")
    typed = source if "://" in source else str(tmp_path / source)
    assert main([typed, "--out", str(tmp_path / "out"), "--detector", "mtcnn"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert sentence in line


def test_an_address_where_nobody_listens(
    astronaut: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [str(astronaut), "--out", str(tmp_path / "out"), "--detector", "mtcnn"]
    assert main([*command, "--address", "127.0.0.1:1"]) == 1
    assert capsys.readouterr().err.startswith("Ray can't be used at 127.0.0.1:1: ")
    (tmp_path / "out" / file_name(0)).touch()
    assert main([*command, "--address", "127.0.0.1:1"]) == 0
    assert capsys.readouterr().out == f"all of 1 parts are in {tmp_path}/out\n"
