"""Files that appear complete or not at all."""

import csv
import os
from pathlib import Path

import pytest

from emotion.atomic import csv_table, replacing
from emotion.types import EmotionError
from tests.disks import full_disk


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_interrupted_file_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")

    def work() -> None:
        with replacing(path) as part:
            part.write_text("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert (path.read_text(), names(tmp_path)) == ("old", ["a"])


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.part").write_text("somebody's own")
    with replacing(tmp_path / "a") as part:
        part.write_text("new")
    assert names(tmp_path) == ["a", "a.part"]
    assert (tmp_path / "a.part").read_text() == "somebody's own"


def test_the_longest_name(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    with replacing(path) as part:
        part.write_text("new")
    assert path.read_text() == "new"


def test_the_file_behind_a_link_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with replacing(tmp_path / "link") as part:
        part.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def read_csv(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.reader(file))


def test_a_table_takes_any_name(tmp_path: Path) -> None:
    odd = os.fsdecode(b"bytes\xff, \xe2\x98\x83.jpg")
    with csv_table(tmp_path / "a.csv", ["image"]) as add:
        add([])
        add([[odd], ["two\nlines"]])
    assert read_csv(tmp_path / "a.csv") == [["image"], [odd], ["two\nlines"]]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "can't be written: it is not a regular file"),
        ("missing/a.csv", "a.csv can't be written: No such file or directory"),
        ("x" * 300, "x can't be written: File name too long"),
    ],
)
def test_a_table_that_can_not_be_written_is_refused_at_once(
    tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmotionError) as caught, csv_table(tmp_path / name, ["image"]):
        raise AssertionError
    assert str(caught.value).endswith(sentence)
    assert names(tmp_path) == ["file"]


def test_a_full_disk_leaves_the_old_table(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("old")
    with (
        full_disk(1000),
        pytest.raises(EmotionError, match=r"^a\.csv can't be written: File too large$"),
        csv_table(table, ["image"]) as add,
    ):
        add([["x" * 100]] * 100)
    assert (table.read_text(), names(tmp_path)) == ("old", ["a.csv"])
