"""Who showed which expression from when to when."""

from emotion import LABELS, Face, FacePrediction
from emotion.video import Analysed, TrackedFace
from ui.timeline import Timeline


def at(seconds: float, **people: tuple[str, float]) -> Analysed:
    """The people (p1, p2, …) at a time, each with a label and its probability."""
    faces = [
        TrackedFace(int(name[1:]), FacePrediction(Face((0, 0, 9, 9), 0.9), probabilities(*shown)))
        for name, shown in people.items()
    ]
    return Analysed(seconds, faces)


def probabilities(label: str, confidence: float) -> dict[str, float]:
    return dict.fromkeys(LABELS, 0.0) | {label: confidence}


def spans(timeline: Timeline, seconds: float) -> list[tuple[int, list[tuple[str, float, float]]]]:
    return [
        (person["id"], [(span["label"], span["start"], span["end"]) for span in person["spans"]])
        for person in timeline.view(seconds)["people"]
    ]


def test_nobody() -> None:
    timeline = Timeline(0.5)
    timeline.add(at(0))
    assert timeline.view(1) == {"people": [], "others": 0}


def test_what_a_frame_shows_holds_until_the_next() -> None:
    timeline = Timeline(0.5)
    timeline.add(at(0, p1=("happy", 0.9)))
    timeline.add(at(0.2, p1=("happy", 0.8)))
    timeline.add(at(0.4, p1=("sad", 0.8), p2=("neutral", 0.9)))
    timeline.add(at(0.6, p2=("neutral", 0.9)))
    assert spans(timeline, 1) == [
        (1, [("happy", 0, 0.4), ("sad", 0.4, 0.6)]),
        (2, [("neutral", 0.4, 1)]),
    ]


def test_who_comes_back_begins_anew() -> None:
    timeline = Timeline(0.5)
    timeline.add(at(0, p1=("happy", 0.9)))
    timeline.add(at(0.2))
    timeline.add(at(0.4, p1=("happy", 0.9)))
    assert spans(timeline, 0.5) == [(1, [("happy", 0, 0.2), ("happy", 0.4, 0.5)])]


def test_certain_and_uncertain_are_parted_and_the_strongest_counts() -> None:
    timeline = Timeline(0.5)
    # 0.496 reads 50 %, as the limit does.
    for seconds, confidence in enumerate((0.4, 0.6, 0.9, 0.496, 0.7)):
        timeline.add(at(seconds, p1=("happy", confidence)))
    (person,) = timeline.view(5)["people"]
    assert [(span["uncertain"], span["confidence"]) for span in person["spans"]] == [
        *((True, 0.4), (False, 0.9))
    ]


def test_a_face_of_a_single_frame_is_left_out_where_there_are_more() -> None:
    timeline = Timeline(0.5)
    timeline.add(at(0, p1=("happy", 0.9), p2=("sad", 0.9)))
    assert len(timeline.view(0)["people"]) == 2
    timeline.add(at(0.2, p1=("happy", 0.9)))
    view = timeline.view(0.2)
    assert ([person["id"] for person in view["people"]], view["others"]) == ([1], 1)
