"""Uploads are deleted by their age; work in hand is kept."""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from gradio.utils import get_upload_folder

from ui.sweep import sweep, sweep_forever
from ui.uploads import own_upload_folder

AGE = 60.0


def lay(folder: Path, *names: str, age: float = 0) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"a face")
        for place in [path] if path.parent == folder else [path, path.parent]:
            os.utime(place, (time.time() - age,) * 2)


def kept(folder: Path) -> list[str]:
    sweep(folder, AGE)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_old_files_go_with_their_folders(tmp_path: Path) -> None:
    lay(tmp_path, "tmpbroken", "ab12/face.png", "ab12/again.png", age=AGE)
    # Somebody set the clock back.
    lay(tmp_path, "ef56/face.png", age=-86_400)
    lay(tmp_path, "tmpnew", "cd34/face.png")
    # What touches a file's folder keeps the file.
    lay(tmp_path, "job/clip", age=AGE)
    os.utime(tmp_path / "job")
    assert kept(tmp_path) == ["cd34", "cd34/face.png", "job", "job/clip", "tmpnew"]


def test_a_file_that_can_not_be_deleted_keeps_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, "a/face.png", "b/face.png", age=AGE)
    real = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.parent.name == "a":
            raise PermissionError
        real(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    assert kept(tmp_path) == ["a", "a/face.png"]


def test_an_app_looks_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And Gradio's own list does not grow."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr("ui.sweep.SWEEP_EVERY", 0.01)
    page = SimpleNamespace(upload_file_set=set())

    async def wait_for_sweeps() -> None:
        task = asyncio.create_task(sweep_forever(SimpleNamespace(get_blocks=lambda: page)))
        for name in ("a/face.png", "tmpbroken"):
            lay(tmp_path, name, age=AGE)
            page.upload_file_set.add(name)
            while (tmp_path / name).exists() or page.upload_file_set:
                await asyncio.sleep(0.01)
        task.cancel()

    # In a thread of its own: Playwright keeps a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, asyncio.wait_for(wait_for_sweeps(), 30)).result()


def test_an_app_has_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "new"))
    with own_upload_folder():
        folder = Path(get_upload_folder())
        assert folder.parent == tmp_path / "new"
        assert folder.stat().st_mode & 0o077 == 0
        lay(folder, "ab12/face.png")
    assert list((tmp_path / "new").iterdir()) == []
