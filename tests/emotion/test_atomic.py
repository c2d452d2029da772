"""Files that appear complete or not at all."""

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


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    with (
        pytest.raises(EmotionError, match=r"can't be written: it is not a regular file$"),
        csv_table(tmp_path, ["image"]),
    ):
        raise AssertionError


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
