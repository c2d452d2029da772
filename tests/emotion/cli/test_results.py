"""Text and JSON; and results in order, errors at their item, few at once, and an end half-way."""

from pathlib import Path
from threading import Event, Lock

import pytest

from emotion import LABELS, Face, FacePrediction
from emotion.cli.results import in_order, photo_text

FACE = FacePrediction(
    Face((112.4, 36.6, 169, 111.2), 0.9), dict.fromkeys(LABELS, 0.005) | {"happy": 0.97}
)
FACE_LINE = "dir/photo.jpg: happy 0.97  box 112,37,169,111"


@pytest.mark.parametrize(
    ("faces", "lines"), [(0, ["dir/photo.jpg: no face"]), (1, [FACE_LINE]), (2, [FACE_LINE] * 2)]
)
def test_text(faces: int, lines: list[str]) -> None:
    ms = {"decode": 1.0, "detect": 20.04, "classify": 3.25}
    times = "dir/photo.jpg: decode 1.0 ms, detect 20.0 ms, classify 3.2 ms"
    assert photo_text(Path("dir/photo.jpg"), [FACE] * faces, ms).splitlines() == [*lines, times]


@pytest.mark.parametrize("items", [[], [3], [3, 1, 2], list(range(20))])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_in_order(items: list[int], threads: int) -> None:
    found = [(item, result()) for item, result in in_order(lambda n: 2 * n, items, threads, 1)]
    assert found == [(n, 2 * n) for n in items]


def test_an_error_is_raised_where_its_result_is_asked_for() -> None:
    results = [result for _, result in in_order(lambda n: 1 / n, [1, 0, 2], 2, 1)]
    assert results[0]() == 1
    with pytest.raises(ZeroDivisionError):
        results[1]()
    assert results[2]() == 0.5


def test_threads_work_at_the_same_time() -> None:
    """Neither of the two ends before the other has begun."""
    begun = [Event(), Event()]

    def work(number: int) -> bool:
        begun[number].set()
        return begun[1 - number].wait(20)

    assert [result() for _, result in in_order(work, [0, 1], 2, 1)] == [True, True]


def test_one_that_takes_long_stops_no_other_thread() -> None:
    """The first ends only when the fifth has begun."""
    fifth = Event()

    def work(number: int) -> bool:
        if number == 4:
            fifth.set()
        return number > 0 or fifth.wait(20)

    assert all(result() for _, result in in_order(work, range(9), 2, 4))


def test_few_at_once_and_none_after_the_end() -> None:
    lock, started = Lock(), []

    def work(number: int) -> int:
        with lock:
            started.append(number)
        return number

    steps = in_order(work, range(100), 2, 1)
    _, result = next(steps)
    assert result() == 0
    steps.close()
    assert len(started) <= 3
