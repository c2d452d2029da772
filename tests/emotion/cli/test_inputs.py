"""What is typed to the files that are meant."""

import os
from pathlib import Path

import pytest

from emotion.cli.inputs import find_inputs


def tree(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_files_are_taken_as_they_are_named() -> None:
    """Also if they have no suffix, or are not there: reading them says what is wrong."""
    inputs, errors = find_inputs(["b/photo", "a.jpg", "a.jpg", "x" * 300])
    assert [str(item.path) for item in inputs] == ["b/photo", "a.jpg", "a.jpg", "x" * 300]
    assert [str(item.below) for item in inputs] == ["photo", "a.jpg", "a.jpg", "x" * 300]
    assert errors == []


def test_folders_are_searched_in_order(tmp_path: Path) -> None:
    tree(tmp_path, "b/2.png", "b/10.JPG", "a/x/1.heic", "z.webp", "a/notes.txt", "c/d.MOV")
    inputs, errors = find_inputs([str(tmp_path)])
    below = ["z.webp", "a/x/1.heic", "b/10.JPG", "b/2.png", "c/d.MOV"]
    assert [str(item.below) for item in inputs] == below
    assert [item.path for item in inputs] == [tmp_path / name for name in below]
    assert errors == []


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    tree(tmp_path, "notes.txt", "empty/more.txt", "._mac.jpg")
    inputs, errors = find_inputs([str(tmp_path), "a.jpg"])
    assert [str(item.path) for item in inputs] == ["a.jpg"]
    assert [str(error) for error in errors] == [
        f"{tmp_path} is a folder without photographs or videos"
    ]


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "a.jpg", "closed/b.jpg")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    inputs, errors = find_inputs([str(tmp_path)])
    assert [item.path.name for item in inputs] == ["a.jpg"]
    assert [str(error) for error in errors] == [
        f"{tmp_path / 'closed'} can't be searched: Permission denied"
    ]
