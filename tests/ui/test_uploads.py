"""Gradio's timer deletes what was uploaded, also while more arrives."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.route_utils import delete_files_created_by_app

from ui.uploads import UploadedFiles, delete_all_uploads


@pytest.fixture
def page() -> SimpleNamespace:
    """What Gradio's timer looks at; a real one opens event loops that it does not close."""
    files: set[str] = set()
    page = SimpleNamespace(blocks={}, upload_file_set=files, temp_file_sets=[files])
    delete_all_uploads(page)
    return page


def test_nothing_to_delete(page: SimpleNamespace) -> None:
    delete_files_created_by_app(page, 0)
    assert list(page.upload_file_set) == []


def test_old_files_are_deleted_and_forgotten(page: SimpleNamespace, tmp_path: Path) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.touch()
    page.upload_file_set.update(map(str, paths))
    delete_files_created_by_app(page, 60)
    assert all(path.exists() for path in paths)
    delete_files_created_by_app(page, None)
    assert not any(path.exists() for path in paths)
    assert len(page.upload_file_set) == 0


def test_more_may_arrive_meanwhile() -> None:
    files = UploadedFiles(map(str, range(100)))
    for path in files:
        files.add(f"{path} again")
    assert len(files) == 200


def test_more_may_arrive_from_other_threads(page: SimpleNamespace, tmp_path: Path) -> None:
    def send() -> None:
        for number in range(20_000):
            page.upload_file_set.update([str(tmp_path / str(number))])

    sender = Thread(target=send)
    sender.start()
    while sender.is_alive():
        delete_files_created_by_app(page, 60)
    sender.join()
    assert len(page.upload_file_set) == 20_000


def test_what_was_sent_again_is_not_forgotten(tmp_path: Path) -> None:
    there, gone = tmp_path / "there", tmp_path / "gone"
    there.touch()
    files = UploadedFiles([str(there), str(gone)])
    files -= {str(there), str(gone)}
    assert list(files) == [str(there)]


def test_the_page_is_built_with_it(launch: Callable[[], gr.Blocks]) -> None:
    page = launch()
    assert isinstance(page.upload_file_set, UploadedFiles)
    assert any(files is page.upload_file_set for files in page.temp_file_sets)
