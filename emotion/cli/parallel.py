"""Work begun before its turn, by several threads, and finished in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int, *, kept: int = 1
) -> Iterator[tuple[Item, Callable[[], Result]]]:
    """Each item, in order, and what waits for its result, or raises what `work` raised.

    No more than `kept` results beyond those of the threads wait for one that takes longer, or for
    a caller who is slow: 1 where they are large; of small ones so many that no thread is idle.
    """
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) >= threads + kept:
                first, future = waiting.popleft()
                yield first, future.result
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result
    finally:
        # The caller may have stopped half-way.
        pool.shutdown(cancel_futures=True)
