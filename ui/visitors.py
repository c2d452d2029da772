"""Who has a camera running, and how many of their frames are worked on at once."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import NamedTuple

from emotion.video import Tracker

# More visitors at once than two cores can serve; the longest silent one is forgotten first.
VISITORS = 64

# Two cores work on two frames; with two more waiting, none of them ever idles.
FRAMES_AT_ONCE = 4
CORES = 2
# A page has two on their way: one visitor alone is never refused, and can't take every place.
FRAMES_EACH = 2

# Seconds. A page asks every two at least; who has not is no longer there.
PRESENT = 2.5
# Seconds from one frame of a visitor to the next, at the least; static/webcam.js keeps to it too.
FASTEST = 0.05
# Seconds from one frame to the next, of all visitors: the first guess.
GAP = 0.05
# It is made longer where a frame finds no place, and shorter where one finds a core idle.
STEP = 1.02


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


class Place(NamedTuple):
    """Whether there is room for a frame, and in how many seconds the visitor's next is welcome."""

    free: bool
    pause: float


class Places:
    """Room for so many frames at once, and the same share of it for everybody who is present.

    Nobody waits in a line: a frame is worked on now or not at all, and every answer says when the
    next should come. Who keeps to that is hardly ever refused; who does not gets no more than the
    others. Safe to share between threads.
    """

    def __init__(
        self,
        total: int = FRAMES_AT_ONCE,
        each: int = FRAMES_EACH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._each = each
        self._clock = clock
        self._taken: Counter[str] = Counter()
        self._asked: dict[str, float] = {}
        self._due: dict[str, float] = {}
        self._gap = GAP
        # When the last one who was refused shall come again.
        self._last_turn = 0.0
        self._lock = Lock()

    @contextmanager
    def place(self, visitor: str) -> Iterator[Place]:
        """A place for the visitor's frame, if there is one; it is free again afterwards."""
        with self._lock:
            place = self._place(visitor, self._clock())
            self._taken[visitor] += place.free
        try:
            yield place
        finally:
            with self._lock:
                self._taken[visitor] -= place.free
                self._taken += Counter()

    def _place(self, visitor: str, now: float) -> Place:
        share = self._share(visitor, now)
        due = self._due.get(visitor, now)
        # A frame may come early by one: networks hold some up and let others catch up.
        early = due - share - now
        if early > 0:
            return Place(False, early)
        if self._taken.total() >= self._total:
            return Place(False, self._turn(now) - now)
        if self._taken[visitor] >= self._each:
            return Place(False, share)
        if self._taken.total() < CORES and share > FASTEST:
            self._gap /= STEP
        self._due[visitor] = max(due, now) + share
        return Place(True, share)

    def _turn(self, now: float) -> float:
        """When somebody who was refused shall come again: one after the other."""
        self._gap *= STEP
        self._last_turn = max(now, self._last_turn) + self._gap
        return self._last_turn

    def _share(self, visitor: str, now: float) -> float:
        """Seconds between frames of one visitor if all get as many; 0 for one alone."""
        self._asked[visitor] = now
        # Nobody who has left is remembered.
        self._asked = {name: at for name, at in self._asked.items() if now - at < PRESENT}
        self._due = {name: at for name, at in self._due.items() if name in self._asked}
        present = len(self._asked)
        return present * self._gap if present > 1 else 0.0
