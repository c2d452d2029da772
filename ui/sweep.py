"""Deletes visitors' files, also broken-off uploads, which Gradio's `delete_cache` does not know."""

import asyncio
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from ui.limits import SWEEP_AGE, SWEEP_EVERY


def sweep(folder: Path, age: float) -> None:
    """Deletes what is unchanged for `age` seconds; touching the folder a file lies in keeps it."""
    # Unlike rglob, it does not mind that others delete here too.
    for parent, _, names in os.walk(folder, topdown=False):
        paths = [*(Path(parent, name) for name in names), Path(parent)]
        for path in [path for path in paths if path != folder and _silence(path, folder) >= age]:
            with suppress(OSError):  # What can't be deleted is tried again.
                path.rmdir() if path.is_dir() else path.unlink()


def _silence(path: Path, folder: Path) -> float:
    places = [path] if path.parent == folder else [path, path.parent]
    with suppress(FileNotFoundError):
        # The amount, as somebody may have set the clock back.
        return min(abs(time.time() - place.stat().st_mtime) for place in places)
    return 0.0


async def sweep_forever(app: Any) -> None:
    """Looks every SWEEP_EVERY seconds; only for an app with an upload folder of its own."""
    while True:
        await asyncio.sleep(SWEEP_EVERY)
        # A thread of asyncio's, not one of those that serve visitors.
        await asyncio.to_thread(sweep, Path(get_upload_folder()), SWEEP_AGE)
        app.get_blocks().upload_file_set.clear()  # Gradio's list, which would grow forever.
