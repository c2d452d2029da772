"""Uploads are deleted by Gradio's timer: here it is kept from ending early."""

import os
from collections.abc import Iterable, Iterator
from typing import Any

import gradio as gr


class UploadedFiles(set[str]):
    """The paths that Gradio's timer goes through, while uploads add to them from other threads.

    Gradio 6.31 keeps a plain set. Where an upload arrives while the timer goes through it, Python
    raises RuntimeError there, and no later upload is deleted for as long as the server runs: seen
    after fifty visitors with a look every second.
    """

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().__iter__()))

    def __isub__(self, deleted: Iterable[Any]) -> "UploadedFiles":  # type: ignore[misc]
        # One that was sent again meanwhile is there again, and still to be deleted.
        for path in deleted:
            if not os.path.lexists(path):
                self.discard(path)
        return self


def delete_all_uploads(page: gr.Blocks) -> None:
    """Lets the page's timer go on whatever arrives; for a page that was not launched yet."""
    before, page.upload_file_set = page.upload_file_set, UploadedFiles()
    page.temp_file_sets = [
        page.upload_file_set if files is before else files for files in page.temp_file_sets
    ]
