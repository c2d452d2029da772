"""Copies with the faces marked."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion import LABELS, EmotionError, Face, FacePrediction
from emotion.cli.inputs import Input
from emotion.cli.outputs import Copies

FACE = FacePrediction(Face((112.4, 36.6, 169, 111.2), 0.9), dict.fromkeys(LABELS, 1 / 7))
IMAGE = np.zeros((200, 300, 3), np.uint8)


def source(below: str = "photo.jpg", path: Path = Path("dir/photo.jpg")) -> Input:
    return Input(path, Path(below))


def test_copies(tmp_path: Path) -> None:
    names = ("a/photo.heic", "photo.png", "photo.jpg", "photo.gif", "no suffix")
    inputs = [*map(source, names), source("photo.mov")]
    copies = Copies(tmp_path / "new" / "out", inputs)
    for each in inputs[:-1]:
        copies.save(each, IMAGE, [FACE])
    assert copies.target(inputs[-1], ".mp4").name == "photo.mp4"
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
        assert np.asarray(copy).max() > 100


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png"])
def test_a_copy_never_replaces_an_input(tmp_path: Path, name: str) -> None:
    """Neither its own nor, photo.png becoming photo.jpg, another one."""
    original = tmp_path / "photo.jpg"
    original.write_bytes(b"precious")
    marked = source(name, tmp_path / name)
    copies = Copies(tmp_path / "." / "", [marked, source("another", original)])
    with pytest.raises(EmotionError, match=f"{name} is not marked: it would replace an input$"):
        copies.save(marked, IMAGE, [])
    assert original.read_bytes() == b"precious"


def test_a_loop_of_links_is_an_input_like_others(tmp_path: Path) -> None:
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    loop = source(path=tmp_path / "loop.jpg")
    Copies(tmp_path / "out", [loop]).save(loop, IMAGE, [])
    assert (tmp_path / "out" / "photo.jpg").is_file()
