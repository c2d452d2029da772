"""Trackers of the visitors there are, and places for their frames."""

import heapq
from collections import Counter
from contextlib import ExitStack

import pytest

from ui.visitors import CORES, FRAMES_AT_ONCE, PRESENT, Places, Visitors


def places_given(places: Places, visitors: list[str]) -> list[bool]:
    """What each is told, while all of them stay."""
    with ExitStack() as stay:
        return [stay.enter_context(places.place(visitor)).free for visitor in visitors]


def test_every_visitor_has_one_tracker_and_the_silent_are_forgotten() -> None:
    visitors = Visitors(capacity=2)
    first = visitors.tracker("first")
    assert visitors.tracker("first") is first
    second = visitors.tracker("second")
    visitors.tracker("first")
    visitors.tracker("third")
    assert visitors.tracker("first") is first
    assert visitors.tracker("second") is not second


def test_one_visitor_does_not_take_every_place() -> None:
    places = Places(total=3, each=2)
    assert places_given(places, ["a", "a", "a", "b", "c"]) == [True, True, False, True, False]


def test_a_place_is_free_again_also_after_an_error() -> None:
    places = Places(total=1, each=1)
    with pytest.raises(RuntimeError), places.place("a"):
        raise RuntimeError
    assert places_given(places, ["b"]) == [True]
    assert places_given(places, ["a"]) == [True]


def test_a_refusal_frees_nobody_elses_place() -> None:
    places = Places(total=1, each=1)
    with places.place("a") as first:
        assert places_given(places, ["b", "a"]) == [False, False]
        assert places_given(places, ["b"]) == [False]
    assert first.free


class Hall:
    """Places on a clock of their own, where a frame takes `took` seconds for each two at once."""

    def __init__(self, took: float = 0.05) -> None:
        self.now, self.took, self.at_once, self.most = 0.0, took, 0, 0
        self.places = Places(clock=lambda: self.now)
        self.served: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def run(self, every: dict[str, float | None], seconds: float) -> None:
        """Visitors who ask so often, or, where it is None, when the last answer said."""
        # What happens when: somebody asks, or a frame is done.
        events = [(0.001 * number, number, name) for number, name in enumerate(every)]
        number = len(events)
        leaving: dict[int, ExitStack] = {}
        while (event := heapq.heappop(events))[0] < seconds:
            self.now, which, name = event
            number += 1
            if which in leaving:
                self.at_once -= 1
                leaving.pop(which).close()
                continue
            stay = ExitStack()
            place = stay.enter_context(self.places.place(name))
            (self.served if place.free else self.refused)[name] += 1
            if place.free:
                self.at_once += 1
                self.most = max(self.most, self.at_once)
                leaving[number] = stay
                takes = self.took * max(1, self.at_once / CORES)
                heapq.heappush(events, (self.now + takes, number, name))
            pause = every[name]
            number += 1
            wait = max(0.05, place.pause) if pause is None else pause
            heapq.heappush(events, (self.now + wait, number, name))
        for stay in leaving.values():
            stay.close()


def test_one_alone_is_never_told_to_wait() -> None:
    hall = Hall()
    hall.run({"a": None}, seconds=10)
    assert hall.served["a"] == 200
    assert not hall.refused


@pytest.mark.parametrize("visitors", [2, 4, 8, 32])
def test_everybody_has_the_same_share(visitors: int) -> None:
    hall = Hall()
    hall.run({str(number): None for number in range(visitors)}, seconds=60)
    served = sorted(hall.served.values())
    assert len(served) == visitors
    assert served[0] > 0.9 * served[-1]
    # Two cores are not left idle, and nobody is refused again and again.
    assert sum(served) > 0.7 * min(60 * CORES / hall.took, 60 * 20 * visitors)
    assert hall.refused.total() < 0.4 * sum(served)
    assert hall.most <= FRAMES_AT_ONCE


def test_who_asks_too_often_gets_no_more_than_others() -> None:
    hall = Hall()
    hall.run({"rude": 0.01, "a": None, "b": None, "c": None}, seconds=60)
    assert hall.refused["rude"] > 1000
    polite = min(hall.served[name] for name in "abc")
    assert hall.served["rude"] < 1.2 * polite


def test_who_has_left_takes_no_share() -> None:
    hall = Hall()
    hall.run({"a": None, "b": None}, seconds=20)
    with hall.places.place("a") as place:
        assert place.pause > 0
    hall.now += PRESENT
    with hall.places.place("a") as place:
        assert place == (True, 0)
