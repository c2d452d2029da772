"""Uploads are deleted by their age, whatever the clock on the wall says; work in hand is kept."""

import asyncio
import os
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from gradio.utils import get_upload_folder

from tests.ui.tools import run
from ui.jobs import Job, Line
from ui.sweep import Sweeper, own_upload_folder, sweeping

AGE = 60.0


class Clock:
    """A clock that only this test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def kept_after(seconds: float, sweeper: Sweeper, clock: Clock, folder: Path) -> list[str]:
    sweeper.sweep()
    clock.now += seconds
    sweeper.sweep()
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def lay(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"a face")


def test_an_empty_folder_and_none(tmp_path: Path, clock: Clock) -> None:
    assert kept_after(AGE, Sweeper(tmp_path, AGE, clock), clock, tmp_path) == []
    assert tmp_path.is_dir()
    Sweeper(tmp_path / "none", AGE, clock).sweep()


def test_what_is_old_goes_with_its_folder(tmp_path: Path, clock: Clock) -> None:
    lay(tmp_path, "tmpbroken", "ab12/face.png", "ab12/again.png", "job-x/clip")
    sweeper = Sweeper(tmp_path, AGE, clock)
    assert len(kept_after(AGE - 1, sweeper, clock, tmp_path)) == 6
    assert kept_after(1, sweeper, clock, tmp_path) == []


@pytest.mark.parametrize("seconds", [-86_400, 86_400])
def test_the_clock_on_the_wall_may_jump(tmp_path: Path, clock: Clock, seconds: float) -> None:
    lay(tmp_path, "ab12/face.png")
    os.utime(tmp_path / "ab12" / "face.png", (time.time() + seconds,) * 2)
    sweeper = Sweeper(tmp_path, AGE, clock)
    assert kept_after(AGE - 1, sweeper, clock, tmp_path) == ["ab12", "ab12/face.png"]
    assert kept_after(1, sweeper, clock, tmp_path) == []


def test_what_still_grows_or_was_sent_again_is_young(tmp_path: Path, clock: Clock) -> None:
    lay(tmp_path, "tmpgrowing", "ab12/face.png", "tmpbroken")
    sweeper = Sweeper(tmp_path, AGE, clock)
    sweeper.sweep()
    clock.now += AGE
    with (tmp_path / "tmpgrowing").open("ab") as file:
        file.write(b"more")
    (tmp_path / "ab12" / "face.png").write_bytes(b"the same face")
    sweeper.sweep()
    assert {path.name for path in tmp_path.iterdir()} == {"tmpgrowing", "ab12"}


def test_a_clip_stays_as_long_as_its_page_asks(tmp_path: Path, clock: Clock) -> None:
    lay(tmp_path, "job-x/clip")
    job = Job(tmp_path / "job-x", iter(()), Line())
    sweeper = Sweeper(tmp_path, AGE, clock)
    for _ in range(5):
        job.ask()
        assert kept_after(AGE - 1, sweeper, clock, tmp_path) == ["job-x", "job-x/clip"]
    assert kept_after(AGE, sweeper, clock, tmp_path) == []
    assert job.ask() == {"ahead": 0}


def test_a_file_that_can_not_be_deleted_stops_nobody(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, "a/face.png", "b/face.png")
    real = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.parent.name == "a":
            raise PermissionError
        real(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    sweeper = Sweeper(tmp_path, AGE, clock)
    assert kept_after(AGE, sweeper, clock, tmp_path) == ["a", "a/face.png"]
    monkeypatch.undo()
    assert kept_after(AGE, sweeper, clock, tmp_path) == []


def test_an_app_looks_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after more arrived; and Gradio's own list does not grow."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    page = SimpleNamespace(upload_file_set={"a", "b"})

    async def sweep() -> None:
        async with sweeping(0.01, 0)(SimpleNamespace(get_blocks=lambda: page)):
            for name in ("a/face.png", "tmpbroken"):
                lay(tmp_path, name)
                while (tmp_path / name).exists():
                    await asyncio.sleep(0.01)

    run(asyncio.wait_for(sweep(), 30))
    assert page.upload_file_set == set()


def test_an_app_has_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "new"))
    with own_upload_folder():
        folder = Path(get_upload_folder())
        assert folder.parent == tmp_path / "new"
        assert folder.stat().st_mode & 0o077 == 0
        lay(folder, "ab12/face.png")
    assert list((tmp_path / "new").iterdir()) == []
    assert get_upload_folder() == str(tmp_path / "new")


def test_without_a_choice_it_lies_where_gradio_keeps_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with own_upload_folder():
        assert Path(get_upload_folder()).parent == (tmp_path / "gradio").resolve()
