"""Work that takes minutes: one at a time, in a line, watched and ended by the page that wants it.

The page asks again and again how far its job is. One that is not asked for any more, because its
page was closed or the connection lost, ends by itself, and its files go with it.
"""

import os
import secrets
import shutil
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Condition, Thread, Timer
from typing import Any

from gradio.utils import get_upload_folder

from emotion import EmotionError
from ui.view import Json

# A clip takes more than one core, and pictures and webcams need what is left of two.
AT_ONCE = 1
# Clips waiting, or done and not yet fetched: 800 MB on the disk at the worst.
MOST_JOBS = 8

# Pages ask every half a second; phones let a hidden page sleep for a while.
SILENT_SECONDS = 20.0
# Pages fetch their files as soon as they are there, and then have them deleted.
KEPT_SECONDS = 60.0

# Answers for the page, the last of which is the result. Closed early, it leaves nothing open.
Steps = Generator[Json, Any, None]


class JobsError(EmotionError):
    """A job that is not here, or can't be had now."""


class Line:
    """First come, first served, so many at once. Safe to share between threads."""

    def __init__(self, places: int = AT_ONCE) -> None:
        self._places = places
        self._all: list[object] = []
        self._moved = Condition()

    def ahead(self, who: object) -> int:
        """How many must leave before it is this one's turn."""
        with self._moved:
            position = self._all.index(who) if who in self._all else 0
            return max(0, position + 1 - self._places)

    @contextmanager
    def place(self, who: object, is_wanted: Callable[[], bool]) -> Generator[None]:
        """Waits for a place, but no longer than it is wanted."""
        with self._moved:
            self._all.append(who)
        try:
            with self._moved:
                while self.ahead(who) and is_wanted():
                    self._moved.wait(timeout=0.5)
            yield
        finally:
            with self._moved:
                self._all.remove(who)
                self._moved.notify_all()


class Job:
    """One piece of work in a thread of its own, and the folder that its files lie in."""

    def __init__(self, folder: Path, steps: Steps, line: Line) -> None:
        self._folder, self._steps, self._line = folder, steps, line
        self._answer: Json | None = None
        self._asked = time.monotonic()
        self._ended = False

    def ask(self) -> Json:
        """The last answer of the steps; {"ahead": how many} while it waits for its turn."""
        self._asked = time.monotonic()
        # Or ui/sweep.py would delete what waits in the line.
        with suppress(FileNotFoundError):
            os.utime(self._folder)
        return {"ahead": self._line.ahead(self)} if self._answer is None else self._answer

    def end(self) -> None:
        """Stops the work after its present step, and deletes the files."""
        self._ended = True
        shutil.rmtree(self._folder, ignore_errors=True)

    def is_wanted(self) -> bool:
        """Whether its page still asks for it."""
        return not self._ended and time.monotonic() - self._asked < SILENT_SECONDS

    def run(self) -> None:
        """Waits for a place in the line, and does the work to its end."""
        failure: Json | None = {"error": "the work was broken off: send the clip again"}
        try:
            with closing(self._steps), self._line.place(self, self.is_wanted):
                while self.is_wanted():
                    self._answer = next(self._steps)
        except StopIteration:
            failure = None
        except EmotionError as error:
            failure = {"error": str(error)}
        finally:
            self._answer = failure or self._answer


class Jobs:
    """All that is waiting, being worked on, or done and not yet fetched; each under a secret id."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._line = Line()

    def start(self, steps_in: Callable[[Path], Steps]) -> str:
        """Puts work in the line, given what begins it in a new folder; its id.

        Raises JobsError where the line is full, and what `steps_in` raises.
        """
        if len(self._jobs) >= MOST_JOBS:
            raise JobsError("too many clips are waiting already: try again in a few minutes")
        # Below Gradio's folder: its files can be fetched by who knows their names.
        name = secrets.token_urlsafe(16)
        folder = Path(get_upload_folder(), f"job-{secrets.token_urlsafe(16)}")
        folder.mkdir(parents=True)
        try:
            job = Job(folder, steps_in(folder), self._line)
        except EmotionError:
            folder.rmdir()
            raise
        self._jobs[name] = job
        Thread(target=self._run, args=(name, job), daemon=True).start()
        return name

    def ask(self, name: str) -> Json:
        """How far a job is; raises JobsError for one that is not here any more."""
        if name not in self._jobs:
            raise JobsError("this clip is not here any more: send it again")
        return self._jobs[name].ask()

    def end(self, name: str) -> None:
        """Ends a job and deletes its files, if it is still here."""
        job = self._jobs.pop(name, None)
        if job is not None:
            job.end()

    def _run(self, name: str, job: Job) -> None:
        try:
            job.run()
        finally:
            timer = Timer(KEPT_SECONDS, self.end, (name,))
            timer.daemon = True
            timer.start()
