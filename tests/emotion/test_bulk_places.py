"""Files on disk and in a store, found and written."""

import os
import pickle
from pathlib import Path

import pytest
from pyarrow import fs

from emotion.bulk.places import Place, open_place
from emotion.types import EmotionError


def store(folder: Path, path: str) -> Place:
    """A folder of this disk that Arrow does not know to be one."""
    return Place(fs.SubTreeFileSystem(str(folder), fs.LocalFileSystem()), path, "store://")


@pytest.mark.parametrize(
    ("text", "path", "rest"),
    [
        ("/a", "/a", ""),
        ("/a/b/*.jpg", "/a/b", "*.jpg"),
        ("/a/**/b/*.jpg", "/a", "**/b/*.jpg"),
        ("/a/b[12]/c.jpg", "/a", "b[12]/c.jpg"),
        ("/*.jpg", "/", "*.jpg"),
        ("file:///a/b/*.jpg", "/a/b", "*.jpg"),
    ],
)
def test_what_is_typed_is_split_at_the_first_wildcard(text: str, path: str, rest: str) -> None:
    place = open_place(text)
    assert (place.path, place.rest, place.scheme, place.local) == (path, rest, "", True)


def test_a_path_is_of_this_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_place("a/b").path == str(tmp_path / "a" / "b")


def test_a_name_with_a_bracket_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "a[1].jpg").touch()
    assert open_place(str(tmp_path / "a[1].jpg")).rest == ""


def test_an_address_keeps_its_options() -> None:
    place = open_place("s3://anonymous@bucket/ab/*.jpg?region=eu-north-1")
    assert (place.path, place.rest, place.scheme) == ("bucket/ab", "*.jpg", "s3://")
    assert place.files.region == "eu-north-1"
    assert pickle.loads(pickle.dumps(place)) == place


def test_an_address_that_nobody_knows() -> None:
    with pytest.raises(EmotionError, match=r"^foo://a/b can't be used: .*foo://a/b$"):
        open_place("foo://a/b")


def test_names_for_tables_and_for_people(tmp_path: Path) -> None:
    odd = os.fsdecode(b"/a/\xff\n.jpg")
    place = open_place(str(tmp_path))
    assert place.address(odd) == "/a/\\udcff\n.jpg"
    assert place.shown(odd) == repr(odd)
    assert store(tmp_path, "b").address("b/ä.jpg") == "store://b/ä.jpg"


@pytest.mark.parametrize("on_disk", [True, False])
def test_files_replace_what_lies_there(tmp_path: Path, on_disk: bool) -> None:
    place = open_place(str(tmp_path / "out")) if on_disk else store(tmp_path, "out")
    assert place.names() == []
    assert not place.exists()
    place.clear()
    place.put("part", b"one")
    place.put("part", b"two")
    assert place.exists()
    assert (place / "part").exists()
    assert place.names() == ["part"]
    assert (tmp_path / "out" / "part").read_bytes() == b"two"


def test_what_was_left_half_is_deleted(tmp_path: Path) -> None:
    (tmp_path / ".unfinished-part-1-x").write_bytes(b"half")
    (tmp_path / "part-2").write_bytes(b"whole")
    open_place(str(tmp_path)).clear()
    assert [path.name for path in tmp_path.iterdir()] == ["part-2"]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    with pytest.raises(IsADirectoryError):
        open_place(str(tmp_path)).put("part", b"one")
    assert [path.name for path in tmp_path.iterdir()] == ["part"]


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(EmotionError, match=rf"^{tmp_path}/out can't be used: "):
        open_place(str(tmp_path / "out")).clear()
