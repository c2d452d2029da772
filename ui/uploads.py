"""Uploads: the folder they lie in, and those that the page's scripts send under secret names.

Whoever knows such a name owns the file.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gradio.utils import get_upload_folder

SECRET_NAME = re.compile(r"(batch|image|video)-[0-9a-f]{32}")


def files_named(name: Any) -> list[Path]:
    """The upload of that name, and what was made from it: `NAME.mp4` beside `NAME`."""
    if not isinstance(name, str) or not SECRET_NAME.fullmatch(name):
        return []
    # Unlike glob, it does not mind that folders are deleted meanwhile.
    folders = os.walk(get_upload_folder())
    return sorted(
        Path(folder, f) for folder, _, files in folders for f in files if f.startswith(name)
    )


def delete_upload(name: Any) -> None:
    """Deletes them all. The page calls it for what it cancelled or has fetched.

    Their folder stays for ui/sweep.py: identical content of another visitor may be on its way to
    it, and Gradio would fail.
    """
    for path in files_named(name):
        path.unlink(missing_ok=True)


def keep_upload(name: Any) -> bool:
    """Keeps them from ui/sweep.py for another minute; False if there are none any more."""
    paths = files_named(name)
    for path in paths:
        with suppress(FileNotFoundError):
            os.utime(path)
    return bool(paths)


@contextmanager
def own_upload_folder() -> Iterator[None]:
    """Gives Gradio a new folder that only this user can read, and deletes it at the end."""
    above = get_upload_folder()
    Path(above).mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(
        prefix="facial-expressions-", dir=above, ignore_cleanup_errors=True
    ) as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder
        yield
