"""Tasks timed in turns, so that whatever else the machine does falls on all of them alike."""

import random
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np


class Spread(NamedTuple):
    """Milliseconds of one task: the median and the quartiles around it."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.1f} ({self.low:.1f} to {self.high:.1f})"


class Times(NamedTuple):
    """One task's times: by the clock, and what its thread had of a core.

    On a busy machine the second is the one to compare; it leaves out threads of the task's own.
    """

    wall: Spread
    cpu: Spread
    first: float


def spread(milliseconds: list[float]) -> Spread:
    """Median and quartiles."""
    low, median, high = np.percentile(milliseconds, [25, 50, 75])
    return Spread(float(median), float(low), float(high))


def interleave(tasks: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Times]:
    """Every task once in each round, the order drawn anew; the first round counts apart."""
    if rounds < 1:
        raise ValueError(f"rounds must be 1 or more, but is {rounds}")
    draw = random.Random(0)
    order = list(tasks)
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in tasks}
    for _ in range(rounds + 1):
        draw.shuffle(order)
        for name in order:
            runs[name].append(_run(tasks[name]))
    return {name: _times(found) for name, found in runs.items()}


def _run(task: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.thread_time()
    task()
    return 1000 * (time.perf_counter() - wall), 1000 * (time.thread_time() - cpu)


def _times(runs: list[tuple[float, float]]) -> Times:
    wall, cpu = zip(*runs[1:], strict=True)
    return Times(spread(list(wall)), spread(list(cpu)), runs[0][0])
