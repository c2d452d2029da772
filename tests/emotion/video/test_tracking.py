"""Who is who from frame to frame, and smoothed probabilities."""

import math

import pytest

from emotion import LABELS, Face, FacePrediction
from emotion.video.tracking import MAX_ABSENCE, MAX_PAUSE, Tracker, overlap


def face(x: float, label: str = "happy") -> FacePrediction:
    """A certain face, 100 pixels wide, whose left edge is at x."""
    probabilities = dict.fromkeys(LABELS, 0.0) | {label: 1.0}
    return FacePrediction(Face((x, 0.0, x + 100.0, 100.0), 0.9), probabilities)


def ids(tracker: Tracker, faces: list[FacePrediction], seconds: float) -> list[int]:
    return [tracked.id for tracked in tracker.update(faces, seconds)]


def test_a_moving_face_keeps_its_id_and_its_own_box() -> None:
    tracker = Tracker()
    for step in range(10):
        (tracked,) = tracker.update([face(20.0 * step)], step / 10)
        assert tracked.id == 1
        assert tracked.prediction.face == face(20.0 * step).face


def test_faces_keep_their_ids_in_any_order() -> None:
    tracker = Tracker()
    assert ids(tracker, [face(0), face(300)], 0.0) == [1, 2]
    assert ids(tracker, [face(310), face(10)], 0.1) == [2, 1]
    assert ids(tracker, [face(600), face(10), face(310)], 0.2) == [3, 1, 2]


@pytest.mark.parametrize(("absence", "expected"), [(MAX_ABSENCE, 1), (MAX_ABSENCE + 0.1, 2)])
def test_a_face_may_be_away_for_a_moment(absence: float, expected: int) -> None:
    tracker = Tracker()
    tracker.update([face(0)], 0.0)
    assert tracker.update([], absence / 2) == []
    assert ids(tracker, [face(0)], absence) == [expected]


@pytest.mark.parametrize(("pause", "expected"), [(MAX_PAUSE, 1), (MAX_PAUSE + 0.1, 2)])
def test_frames_may_come_rarely(pause: float, expected: int) -> None:
    tracker = Tracker()
    tracker.update([face(0)], 0.0)
    assert ids(tracker, [face(0)], pause) == [expected]


def test_probabilities_follow_with_the_time_constant() -> None:
    tracker = Tracker(smoothing=0.5)
    tracker.update([face(0, "happy")], 10.0)
    (tracked,) = tracker.update([face(0, "sad")], 10.5)
    probabilities = tracked.prediction.probabilities
    assert list(probabilities) == list(LABELS)
    assert probabilities["sad"] == pytest.approx(1 - math.exp(-1))
    assert sum(probabilities.values()) == pytest.approx(1)


def test_smoothing_can_be_changed_while_a_face_is_followed() -> None:
    tracker = Tracker(smoothing=2)
    tracker.update([face(0, "happy")], 0.0)
    tracker.smoothing = 0.1
    (tracked,) = tracker.update([face(0, "sad")], 0.1)
    assert tracked.id == 1
    assert tracked.prediction.probabilities["sad"] == pytest.approx(1 - math.exp(-1))


def test_a_late_frame_changes_nothing_but_the_box() -> None:
    tracker = Tracker()
    tracker.update([face(0, "happy")], 1.0)
    (tracked,) = tracker.update([face(3, "sad")], 0.9)
    assert (tracked.id, tracked.prediction.label) == (1, "happy")
    assert tracked.prediction.face.box[0] == 3


@pytest.mark.parametrize("smoothing", [-1.0, math.nan])
def test_smoothing_must_not_be_negative(smoothing: float) -> None:
    with pytest.raises(ValueError, match="smoothing must be 0 seconds or more"):
        Tracker(smoothing)


def test_overlap() -> None:
    assert overlap((0, 0, 2, 2), (2, 0, 4, 2)) == 0
    assert overlap((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
