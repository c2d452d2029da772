"""Uploads under secret names: found and deleted by their owners, and by nobody else."""

from pathlib import Path
from typing import Any

import pytest

from ui.uploads import delete_upload, files_named

MINE = f"video-{'0a' * 16}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The upload folder, with a file of mine, one made from it, and one of somebody else."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    for name in (f"a/{MINE}", f"a/{MINE}.mp4", f"b/video-{'0b' * 16}"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"a clip")
    return tmp_path


@pytest.mark.parametrize(
    "name", [None, "", 7, [], {}, "*", "../a", "video-*", MINE[:-1], MINE + "0", MINE.upper()]
)
def test_nothing_is_found_without_the_name(folder: Path, name: Any) -> None:
    assert files_named(name) == []
    delete_upload(name)
    assert len(list(folder.glob("*/*"))) == 3


def test_the_owner_finds_and_deletes_theirs(folder: Path) -> None:
    assert files_named(MINE) == [folder / "a" / MINE, folder / "a" / f"{MINE}.mp4"]
    delete_upload(MINE)
    assert [path.name for path in folder.glob("*/*")] == [f"video-{'0b' * 16}"]
