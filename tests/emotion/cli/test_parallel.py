"""Results in order, errors at their item, few at once, and an end half-way."""

from threading import Event, Lock

import pytest

from emotion.cli.parallel import ahead


@pytest.mark.parametrize("items", [[], [3], [3, 1, 2], list(range(20))])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_in_order(items: list[int], threads: int) -> None:
    found = [(item, result()) for item, result in ahead(lambda n: 2 * n, items, threads)]
    assert found == [(n, 2 * n) for n in items]


def test_an_error_is_raised_where_its_result_is_asked_for() -> None:
    results = [result for _, result in ahead(lambda n: 1 / n, [1, 0, 2], 2)]
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

    assert [result() for _, result in ahead(work, [0, 1], 2)] == [True, True]


def test_one_that_takes_long_stops_no_other_thread() -> None:
    """The first ends only when the fifth has begun."""
    fifth = Event()

    def work(number: int) -> bool:
        if number == 4:
            fifth.set()
        return number > 0 or fifth.wait(20)

    assert all(result() for _, result in ahead(work, range(9), 2, kept=4))


def test_few_at_once_and_none_after_the_end() -> None:
    lock, started = Lock(), []

    def work(number: int) -> int:
        with lock:
            started.append(number)
        return number

    steps = ahead(work, range(100), 2)
    _, result = next(steps)
    assert result() == 0
    steps.close()
    assert len(started) <= 3
