"""Who has a camera running, and how many of their frames are worked on at once."""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from emotion.track import Tracker

# More visitors at once than two cores can serve; the longest silent one is forgotten first.
VISITORS = 64

# Two cores work on two frames; with two more waiting, none of them ever idles.
FRAMES_AT_ONCE = 4
# A page has two on their way: one visitor alone is never refused, and can't take every place.
FRAMES_EACH = 2


class Visitors:
    """One tracker for each camera that is running, under a name the page made up at random.

    Not safe to share between threads.
    """

    def __init__(self, capacity: int = VISITORS) -> None:
        self._capacity = capacity
        self._trackers: OrderedDict[str, Tracker] = OrderedDict()

    def tracker(self, visitor: str) -> Tracker:
        """The visitor's tracker, a new one for a new visitor."""
        tracker = self._trackers.setdefault(visitor, Tracker())
        self._trackers.move_to_end(visitor)
        while len(self._trackers) > self._capacity:
            self._trackers.popitem(last=False)
        return tracker


class Places:
    """Room for so many frames at once, and for so many of one visitor; nobody waits in a queue.

    Safe to share between threads.
    """

    def __init__(self, total: int = FRAMES_AT_ONCE, each: int = FRAMES_EACH) -> None:
        self._total = total
        self._each = each
        self._taken: Counter[str] = Counter()
        self._lock = Lock()

    @contextmanager
    def place(self, visitor: str) -> Iterator[bool]:
        """Whether there is a place for the visitor's frame; it is free again afterwards."""
        with self._lock:
            free = self._taken.total() < self._total and self._taken[visitor] < self._each
            self._taken[visitor] += free
        try:
            yield free
        finally:
            with self._lock:
                self._taken[visitor] -= free
                # Nobody who has left is remembered.
                self._taken += Counter()
