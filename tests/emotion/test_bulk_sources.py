"""What is typed to parts: folders, patterns, tables, on disk and in a store."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emotion.bulk.places import open_place
from emotion.bulk.sources import Part, find_parts
from emotion.types import EmotionError
from tests.emotion.test_bulk_places import store

NAMES = ("b.jpg", "a/2.PNG", "a/10.jpg", "a/deep/1.webp", "notes.txt", "a/table.parquet")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).touch()
    return tmp_path / "in"


SOURCES = [
    ("", ["b.jpg", "a/10.jpg", "a/2.PNG", "a/deep/1.webp"]),
    ("/a", ["a/10.jpg", "a/2.PNG", "a/deep/1.webp"]),
    ("/notes.txt", ["notes.txt"]),
    ("/*.jpg", ["b.jpg"]),
    ("/*/*.jpg", ["a/10.jpg"]),
    ("/**/*.jpg", ["b.jpg", "a/10.jpg"]),
    ("/a/*", ["a/10.jpg", "a/2.PNG", "a/table.parquet"]),
    ("/*.gif", []),
]


@pytest.mark.parametrize(("typed", "found"), SOURCES)
def test_pictures_on_disk(tree: Path, typed: str, found: list[str]) -> None:
    parts = find_parts(open_place(f"{tree}{typed}"), 100, "image")
    assert [part.paths for part in parts] == ([[str(tree / name) for name in found]] * bool(found))


@pytest.mark.parametrize(("typed", "found"), SOURCES)
def test_pictures_in_a_store(tree: Path, typed: str, found: list[str]) -> None:
    path, _, rest = typed.partition("/*")
    place = store(tree.parent, f"in{path}")
    place = type(place)(place.files, place.path, place.scheme, f"*{rest}" if "*" in typed else "")
    parts = find_parts(place, 100, "image")
    assert [part.paths for part in parts] == ([[f"in/{name}" for name in found]] * bool(found))


def test_parts_have_a_size(tree: Path) -> None:
    assert [len(part.paths) for part in find_parts(open_place(str(tree)), 3, "image")] == [3, 1]


def test_a_name_that_is_no_text(tree: Path) -> None:
    (tree / os.fsdecode(b"\xff.jpg")).touch()
    (part,) = find_parts(open_place(f"{tree}/*.jpg"), 9, "image")
    assert [os.fsencode(path)[-5:] for path in part.paths] == [b"b.jpg", b"\xff.jpg"]


@pytest.mark.parametrize("typed", ["/none", "/none.parquet"])
def test_what_is_not_there(tree: Path, typed: str) -> None:
    with pytest.raises(EmotionError, match=rf"^{tree}{typed} does not exist$"):
        list(find_parts(open_place(f"{tree}{typed}"), 9, "image"))


def test_a_folder_that_is_closed(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(path: str) -> object:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(EmotionError, match=rf"^{tree} can't be searched: Permission denied$"):
        list(find_parts(open_place(str(tree)), 9, "image"))


def table(path: Path, column: pa.Array) -> Path:
    pq.write_table(pa.table({"picture": column}), path)
    return path


@pytest.mark.parametrize(
    "kind", [pa.binary(), pa.large_binary(), pa.struct({"bytes": pa.binary(), "path": pa.string()})]
)
def test_tables(tmp_path: Path, kind: pa.DataType) -> None:
    one = table(tmp_path / "1.parquet", pa.array([None] * 5, kind))
    table(tmp_path / "2.parquet", pa.array([], kind))
    three = table(tmp_path / "3.parquet", pa.array([None] * 2, kind))
    parts = list(find_parts(open_place(f"{tmp_path}/*.parquet"), 2, "picture"))
    assert parts == [
        *(Part([str(one)], first, stop) for first, stop in ((0, 2), (2, 4), (4, 5))),
        Part([str(three)], 0, 2),
    ]


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ("image", r"1.parquet has no column image, but picture: choose with --column$"),
        ("picture", r"1.parquet has string in the column picture, not the bytes of images$"),
    ],
)
def test_tables_without_images(tmp_path: Path, column: str, sentence: str) -> None:
    path = table(tmp_path / "1.parquet", pa.array(["a"]))
    with pytest.raises(EmotionError, match=sentence):
        list(find_parts(open_place(str(path)), 2, column))


def test_a_table_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "1.parquet").write_text("no table")
    with pytest.raises(EmotionError, match=rf"^{tmp_path}/1.parquet can't be used: "):
        list(find_parts(open_place(f"{tmp_path}/1.parquet"), 2, "image"))
