"""Text and JSON; and results in order, errors at their item, few at once, and an end half-way."""

from threading import Event, Lock

import pytest

from emotion.cli.results import in_order


@pytest.mark.parametrize("items", [[], [3, 1, 2], list(range(20))])
@pytest.mark.parametrize("threads", [1, 5])
def test_in_order(items: list[int], threads: int) -> None:
    found = [(item, result()) for item, result in in_order(lambda n: 2 * n, items, threads, 1)]
    assert found == [(n, 2 * n) for n in items]


def test_an_error_is_raised_where_its_result_is_asked_for() -> None:
    results = [result for _, result in in_order(lambda n: 1 / n, [1, 0, 2], 2, 1)]
    assert results[0]() == 1
    with pytest.raises(ZeroDivisionError):
        results[1]()
    assert results[2]() == 0.5


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
