"""Jobs: one at a time, in a line, ended by who wants them no more."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from emotion import EmotionError
from ui.jobs import MOST_JOBS, Jobs, JobsError, Line, Steps
from ui.view import Json


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """Jobs whose folders lie in tmp_path."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return Jobs()


def until(happened: Callable[[], bool]) -> None:
    """Waits, not for ever."""
    for _ in range(1000):
        if happened():
            return
        time.sleep(0.01)
    pytest.fail("it did not happen")


def answer_of(jobs: Jobs, name: str) -> Json:
    """The last answer."""
    until(lambda: "result" in jobs.ask(name) or "error" in jobs.ask(name))
    return jobs.ask(name)


class Work:
    """Steps that go on until they are told to finish."""

    def __init__(self) -> None:
        self.running = self.closed = False
        self.finish = threading.Event()

    def steps_in(self, folder: Path) -> Steps:
        (folder / "clip").write_bytes(b"clip")
        return self._steps()

    def _steps(self) -> Steps:
        self.running = True
        try:
            while not self.finish.wait(0.01):
                yield {"seconds": 1}
            yield {"result": "film"}
        finally:
            self.closed = True


def test_one_after_the_other(jobs: Jobs) -> None:
    first, second = Work(), Work()
    names = [jobs.start(work.steps_in) for work in (first, second)]
    until(lambda: jobs.ask(names[0]) == {"seconds": 1})
    assert jobs.ask(names[1]) == {"ahead": 1}
    assert not second.running
    first.finish.set()
    assert answer_of(jobs, names[0]) == {"result": "film"}
    until(lambda: second.running)
    second.finish.set()
    assert answer_of(jobs, names[1]) == {"result": "film"}


def test_the_files_of_a_result_stay_until_it_is_ended(jobs: Jobs, tmp_path: Path) -> None:
    work = Work()
    work.finish.set()
    name = jobs.start(work.steps_in)
    assert answer_of(jobs, name) == {"result": "film"}
    assert len(list(tmp_path.rglob("clip"))) == 1
    jobs.end(name)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(JobsError, match="not here any more"):
        jobs.ask(name)
    jobs.end(name)


@pytest.mark.parametrize("place", [0, 1])
def test_to_end_frees_the_place_and_deletes_the_files(
    jobs: Jobs, tmp_path: Path, place: int
) -> None:
    works = [Work(), Work(), Work()]
    names = [jobs.start(work.steps_in) for work in works]
    until(lambda: works[0].running)
    jobs.end(names[place])
    until(lambda: works[place].closed or not works[place].running)
    assert len(list(tmp_path.iterdir())) == 2
    if place == 0:
        until(lambda: works[1].running)
        assert works[0].closed
    else:
        until(lambda: jobs.ask(names[2]) == {"ahead": 1})
        assert not works[1].running
    for name in names:
        jobs.end(name)


def test_a_job_that_nobody_asks_for_ends_by_itself(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.jobs.SILENT_SECONDS", 0.2)
    monkeypatch.setattr("ui.jobs.KEPT_SECONDS", 0.05)
    work = Work()
    jobs.start(work.steps_in)
    until(lambda: work.closed)
    until(lambda: list(tmp_path.iterdir()) == [])


def test_an_error_is_a_sentence(jobs: Jobs) -> None:
    def steps_in(folder: Path) -> Steps:
        yield {"seconds": 1}
        raise EmotionError("a.mp4 is damaged")

    assert answer_of(jobs, jobs.start(steps_in)) == {"error": "a.mp4 is damaged"}


def test_a_fault_of_ours_stops_nobody_else(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", told.append)

    def steps_in(folder: Path) -> Steps:
        yield {"seconds": 1}
        raise ZeroDivisionError

    assert answer_of(jobs, jobs.start(steps_in)) == {
        "error": "the work was broken off: send the clip again"
    }
    work = Work()
    work.finish.set()
    assert answer_of(jobs, jobs.start(work.steps_in)) == {"result": "film"}
    until(lambda: told)
    assert told[0].exc_type is ZeroDivisionError


def test_what_can_not_begin_leaves_nothing(jobs: Jobs, tmp_path: Path) -> None:
    def steps_in(folder: Path) -> Steps:
        raise EmotionError("no")

    with pytest.raises(EmotionError, match="no"):
        jobs.start(steps_in)
    assert list(tmp_path.iterdir()) == []


def test_a_full_line_says_so(jobs: Jobs) -> None:
    names = [jobs.start(Work().steps_in) for _ in range(MOST_JOBS)]
    with pytest.raises(JobsError, match="too many clips"):
        jobs.start(Work().steps_in)
    for name in names:
        jobs.end(name)


def test_a_line_of_one() -> None:
    line = Line()
    with line.place("one", lambda: True):
        assert line.ahead("one") == 0
    assert line.ahead("nobody") == 0
