"""Visitors of a real app, for a few seconds; how many it serves is not tested."""

import json
from pathlib import Path

import pytest

from benchmarks import load
from benchmarks.load import Cost, Group, row
from benchmarks.visitors import Outcome, Visitor, is_clear

MEMORY = ("MB at start", "half-way", "peak", "end")
KINDS = ("served", "refused", "told", "errors")


def test_all_ways_at_once(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_MODEL", str(tiny_model))
    chosen = ["--mixed", "2", "2", "--programs", "2", "--bad", "0.5", "--seconds", "2"]
    assert load.main([*chosen, "--out", str(tmp_path)]) == 0
    (section,) = json.loads((tmp_path / "load.json").read_text())["sections"]
    rows = section["rows"]
    assert [row["visitors"] for row in rows] == ["2 /predict", "2 uploading", "2 webcam"]
    for found in rows:
        assert found["served"] > 0
        assert found["told"] > 0
        assert found["errors"] == 0
        assert float(found["peak"]) > 50


def test_an_app_that_does_not_answer_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.served.START", 0)
    with pytest.raises(TimeoutError, match="the app does not answer"):
        load.main(["--webcam", "1"])


def test_the_plan() -> None:
    plan = load._plan(load._parser().parse_args([]))
    assert [(group.count, group.way) for (group,) in plan] == [
        *((count, "uploading") for count in (1, 4, 16, 64)),
        *((count, "webcam") for count in (1, 4, 8)),
    ]


def test_a_row_counts_each_kind_and_the_least_served() -> None:
    outcomes = [
        [Outcome("served", 100.0), Outcome("served", 300.0), Outcome("refused", 5.0)],
        [Outcome("told", 20.0), Outcome("error", 1.0, "why")],
    ]
    visitors = [visitor_with(each) for each in outcomes]
    found = row(Group("webcam", 2), visitors, Cost(4.0, [100, 300, 200], 1.5))
    assert [found[kind] for kind in KINDS] == [2, 1, 1, 1]
    assert (found["a second"], found["median ms"], found["95 % ms"]) == (0.5, "200", "290")
    assert [found[kind] for kind in MEMORY] == ["100", "300", "300", "200"]
    assert (found["a second, least served"], found["most served"]) == (0.0, 0.5)
    assert row(Group("webcam", 0), [visitor_with([])], Cost(1, [1], 0))["median ms"] == "–"


def visitor_with(outcomes: list[Outcome]) -> Visitor:
    page: object = None
    visitor = Visitor(page, load.good_file(), [], 0.0, 0)
    visitor.outcomes += outcomes
    return visitor


@pytest.mark.parametrize(
    ("sentence", "clear"),
    [
        (None, False),
        ("", False),
        ("Error", False),
        ("ValueError: no such thing", False),
        ("/tmp/gradio/face.jpg is damaged", False),
        ("face.jpg is\ndamaged", False),
        ("a" * 150 + " " + "a" * 150, False),
        ("face.jpg is damaged", True),
    ],
)
def test_what_counts_as_a_clear_sentence(sentence: object, clear: bool) -> None:
    assert is_clear(sentence) == clear
