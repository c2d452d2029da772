"""Text, JSON, tables and copies."""

import csv
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion import LABELS, EmotionError, Face, FacePrediction, ImageError
from emotion.cli.inputs import Input
from emotion.cli.outputs import MANY_FILES, Copies, Terminal, as_json, as_text, open_table
from emotion.cli.photo import Photo
from emotion.report import COLUMNS


def photo(path: str | Path = "dir/photo.jpg", faces: int = 1, below: str = "photo.jpg") -> Photo:
    probabilities = dict.fromkeys(LABELS, 0.005) | {"happy": 0.97}
    prediction = FacePrediction(Face((112.4, 36.6, 169, 111.2), 0.9), probabilities)
    source = Input(Path(path), Path(below))
    ms = {"decode": 1.0, "detect": 20.04, "classify": 3.25}
    image = np.zeros((200, 300, 3), np.uint8)
    return Photo(source, image.shape, [prediction] * faces, ms, image)


TIMES = "dir/photo.jpg: decode 1.0 ms, detect 20.0 ms, classify 3.2 ms"


@pytest.mark.parametrize(
    ("faces", "lines"),
    [
        (0, ["dir/photo.jpg: no face", TIMES]),
        (1, ["dir/photo.jpg: happy 0.97  box 112,37,169,111", TIMES]),
        (2, ["dir/photo.jpg: happy 0.97  box 112,37,169,111"] * 2 + [TIMES]),
    ],
)
def test_text(faces: int, lines: list[str]) -> None:
    assert as_text(photo(faces=faces)).splitlines() == lines


@pytest.mark.parametrize("name", ["dir/photo.jpg", "line\nbreak.jpg", "bytes\udcff.jpg"])
def test_json_is_one_line_of_ascii(name: str) -> None:
    line = as_json(photo(name))
    assert line.isascii()
    assert "\n" not in line
    read = json.loads(line)
    assert (read["image"], read["width"], len(read["faces"])) == (name, 300, 1)


def test_no_bar_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    assert list(terminal.follow(list(range(100)))) == list(range(100))
    terminal.say("out")
    terminal.complain(ImageError("wrong"))
    assert capsys.readouterr() == ("out\n", "wrong\n")


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("count", [0, 1, MANY_FILES - 1, MANY_FILES])
def test_a_bar_over_many_files(
    count: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    terminal = Terminal()
    for number in terminal.follow(list(range(count))):
        terminal.say(f"line {number}")
    assert ("file/s" in screen.getvalue() or "0%" in screen.getvalue()) == (count >= MANY_FILES)
    assert capsys.readouterr().out.splitlines() == [f"line {number}" for number in range(count)]


def read_csv(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.reader(file))


def test_an_empty_table_has_a_header(tmp_path: Path) -> None:
    with open_table(tmp_path / "a.csv"):
        pass
    assert read_csv(tmp_path / "a.csv") == [list(COLUMNS)]


def test_a_table_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("the old one")
    with open_table(path) as add:
        add(photo("=1.jpg", faces=2))
        add(photo("none.jpg", faces=0))
        add(photo("bytes\udcff, \N{SNOWMAN}.jpg"))
        assert path.read_text() == "the old one"
    rows = read_csv(path)
    assert [row[0] for row in rows] == [
        "image",
        "'=1.jpg",
        "'=1.jpg",
        "bytes\udcff, \N{SNOWMAN}.jpg",
    ]
    assert [len(row) for row in rows] == [len(COLUMNS)] * 4
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, BrokenPipeError, ImageError])
def test_an_interrupted_table_leaves_the_old_one(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("the old one")

    def work() -> None:
        with open_table(path) as add:
            add(photo())
            raise error

    with pytest.raises(error):
        work()
    assert path.read_text() == "the old one"
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_a_table_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    with open_table(tmp_path / "link.csv"):
        pass
    assert (tmp_path / "link.csv").is_symlink()
    assert read_csv(tmp_path / "real.csv") == [list(COLUMNS)]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", " is not a file that a table can be written to"),
        ("missing/a.csv", "a.csv can't be written: No such file or directory"),
    ],
)
def test_tables_that_can_not_be_written(tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.raises(EmotionError) as caught, open_table(tmp_path / name):
        raise AssertionError
    assert str(caught.value).endswith(sentence)


def test_copies(tmp_path: Path) -> None:
    copies = Copies(tmp_path / "new" / "out", [])
    for below in ("a/photo.heic", "photo.png", "photo.jpg", "photo.gif", "no suffix"):
        copies.save(photo(below=below))
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.jpg"))
    assert [str(path) for path in written] == [
        "new/out/a/photo.jpg",
        "new/out/no suffix.jpg",
        "new/out/photo-2.jpg",
        "new/out/photo-3.jpg",
        "new/out/photo.jpg",
    ]
    with Image.open(tmp_path / "new" / "out" / "photo.jpg") as copy:
        assert copy.size == (300, 200)
        assert np.asarray(copy).max() > 150


def test_a_later_run_replaces_its_copies(tmp_path: Path) -> None:
    for _ in range(2):
        Copies(tmp_path, []).save(photo())
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png"])
def test_a_copy_never_replaces_an_image(tmp_path: Path, name: str) -> None:
    """Neither its own nor, photo.png becoming photo.jpg, another that is to be read."""
    original = tmp_path / "photo.jpg"
    original.write_bytes(b"precious")
    copies = Copies(tmp_path / "." / "", [Input(original, Path("photo.jpg"))])
    with pytest.raises(EmotionError, match=f"{name} is not marked: it would replace an image$"):
        copies.save(photo(tmp_path / name, below=name))
    assert original.read_bytes() == b"precious"


def test_a_folder_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmotionError, match=r"file/photo\.jpg can't be written: "):
        Copies(tmp_path / "file", []).save(photo())


def test_a_photograph_without_its_picture_can_not_be_marked(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="keep_image"):
        Copies(tmp_path, []).save(photo()._replace(image=None))
    assert list(tmp_path.iterdir()) == []
