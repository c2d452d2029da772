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

from emotion import EmotionError, EmotionRecognizer
from emotion.bulk import SCHEMA, Place, Worker, file_name, main, make_plan, missing
from emotion.image import Pixels
from emotion.report import cells

SETTINGS = {"part_size": 3}


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
    assert sorted(place.find()) == [f"{top}{name}" for name in found]


def written(source: Place, out: Place, model: Path) -> pa.Table:
    """What workers write for the whole source."""
    parts = make_plan(source, out, SETTINGS)
    options = Namespace(model=str(model), detector="mtcnn", min_score=None, largest=False)
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
        assert list(row.values())[2:-1] == pytest.approx(cells(face))


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
    ],
)
def test_sources_that_are_none(
    tmp_path: Path, source: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
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
