"""The plan is written once, found again, and made for one set of settings."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from emotion.bulk.places import Place, open_place
from emotion.bulk.plan import GROUP, PLAN, Plan, Settings, part_name, write_plan
from emotion.bulk.sources import Part
from emotion.types import EmotionError

SETTINGS = Settings("/in", "image", 2, "mtcnn", None, False, "0" * 64)


@pytest.fixture
def out(tmp_path: Path) -> Place:
    return open_place(str(tmp_path))


def test_no_images(out: Place) -> None:
    with pytest.raises(EmotionError, match=r"^/in holds no images$"):
        write_plan(out, [], SETTINGS)
    assert out.names() == []


def test_parts_come_back_as_they_were(out: Place) -> None:
    parts = [Part([f"/in/{number}.jpg"]) for number in range(GROUP)]
    parts += [Part([os.fsdecode(b"/in/\xff\n.jpg"), "/in/b.jpg"]), Part(["/in/t.parquet"], 2, 4)]
    write_plan(out, parts, SETTINGS)
    assert out.names() == [PLAN]
    plan = Plan(out)
    assert plan.parts == len(parts)
    assert [plan.part(number) for number in range(plan.parts)] == parts


def test_what_is_missing(out: Place) -> None:
    write_plan(out, [Part(["a"])] * 4, SETTINGS)
    for name in (part_name(1), part_name(3), f".unfinished-{part_name(0)}-x"):
        out.put(name, b"")
    assert Plan(out).missing() == [0, 2]


def test_a_plan_for_other_settings(out: Place, tmp_path: Path) -> None:
    write_plan(out, [Part(["a"])], SETTINGS)
    Plan(out).check(SETTINGS)
    sentence = rf"^{tmp_path} holds a run with detector mtcnn, not yunet: choose another --out$"
    with pytest.raises(EmotionError, match=sentence):
        Plan(out).check(replace(SETTINGS, detector="yunet"))


def test_a_plan_that_is_damaged(out: Place, tmp_path: Path) -> None:
    out.put(PLAN, b"no table")
    with pytest.raises(EmotionError, match=rf"^{tmp_path}/{PLAN} can't be used: "):
        Plan(out)
