"""Visitors' files are deleted by a look at the folder itself, so that none is overlooked.

Gradio's own timer knows of files that arrived whole, under the name "files"; what was broken off,
or sent under another, stays for good. It also goes by the clock on the wall, which may be set back.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gradio.utils import get_upload_folder

# When a file, and a folder that is its own, were changed last: they are compared, not counted from.
State = tuple[int, ...]


class Sweeper:
    """Deletes what has lain unchanged in a folder for `age` seconds, as seen from look to look."""

    def __init__(
        self, folder: Path, age: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._age = age
        self._clock = clock
        self._seen: dict[Path, tuple[State, float]] = {}

    def sweep(self) -> None:
        """One look at everything."""
        now = self._clock()
        before, self._seen = self._seen, {}
        # All are looked at before the first goes, which changes its folder.
        for path, state in list(self._files()):
            same = path in before and before[path][0] == state
            since = before[path][1] if same else now
            if now - since < self._age:
                self._seen[path] = state, since
            else:
                self._delete(path)

    def _files(self) -> Iterator[tuple[Path, State]]:
        for parent, _, names in os.walk(self._folder):
            for path in (Path(parent, name) for name in names):
                # Others delete here too.
                with suppress(FileNotFoundError):
                    yield path, self._state(path)

    def _state(self, path: Path) -> State:
        file = path.lstat()
        state = file.st_mtime_ns, file.st_ctime_ns
        # Work that goes on (ui/jobs.py) touches the folder that its files lie in.
        return state if path.parent == self._folder else (*state, path.parent.stat().st_mtime_ns)

    def _delete(self, path: Path) -> None:
        # What can't be deleted now is seen again; a folder that holds more stays.
        with suppress(OSError):
            path.unlink()
            if path.parent != self._folder:
                path.parent.rmdir()


def sweeping(every: float, age: float) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """The lifespan of an app that looks at its uploads so often, and deletes those of that age.

    Only for an app with a folder of its own.
    """

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        task = asyncio.create_task(_sweep_again_and_again(app, every, age))
        yield
        task.cancel()

    return lifespan


async def _sweep_again_and_again(app: Any, every: float, age: float) -> None:
    sweeper = Sweeper(Path(get_upload_folder()), age)
    while True:
        await asyncio.sleep(every)
        # A thread of asyncio's, not one of those that visitors wait for.
        await asyncio.to_thread(sweeper.sweep)
        # Gradio writes down every upload, for a timer that is not used here.
        app.get_blocks().upload_file_set.clear()


@contextmanager
def own_upload_folder() -> Iterator[None]:
    """Gives Gradio a new folder that nobody else may look into, and deletes it in the end."""
    above = get_upload_folder()
    Path(above).mkdir(parents=True, exist_ok=True)
    prefix = "facial-expressions-"
    with TemporaryDirectory(prefix=prefix, dir=above, ignore_cleanup_errors=True) as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder
        try:
            yield
        finally:
            os.environ["GRADIO_TEMP_DIR"] = above
