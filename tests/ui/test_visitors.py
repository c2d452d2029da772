"""Trackers of the visitors there are, and places for their frames."""

from contextlib import ExitStack

import pytest

from ui.visitors import Places, Visitors


def places_given(places: Places, visitors: list[str]) -> list[bool]:
    """What each is told, while all of them stay."""
    with ExitStack() as stay:
        return [stay.enter_context(places.place(visitor)) for visitor in visitors]


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
    assert first
