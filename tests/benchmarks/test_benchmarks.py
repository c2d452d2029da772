"""The benchmarks run and count correctly. Their times are not tested."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import accuracy, load, speed
from benchmarks.peers import Peer
from benchmarks.tables import Table, spread, write
from emotion import LABELS


def test_tables_are_written(tmp_path: Path) -> None:
    text = write("x", [Table("Empty", "", []), Table("One", "Why.", [{"a": 1}])], tmp_path)
    assert text.endswith("## Empty\n\n## One\n\nWhy.\n\n| a |\n| --- |\n| 1 |\n")
    assert json.loads((tmp_path / "x.json").read_text())["tables"][1]["rows"] == [{"a": 1}]
    assert spread([4, 1, 3, 2, 5]) == "3.0 (2.0 to 4.0)"


def test_faces_are_counted() -> None:
    box = (0.0, 0.0, 10.0, 10.0)
    assert accuracy.count([], []) == (0, 0)
    assert accuracy.count([box], []) == (0, 0)
    assert accuracy.count([box], [box, (50.0, 50.0, 60.0, 60.0)]) == (1, 1)


@pytest.mark.slow
def test_accuracy(tmp_path: Path) -> None:
    files = [path for name, path in speed.pictures(tmp_path).items() if "640x480" in name]
    truth = np.array([LABELS.index("happy")] * 2)
    peers = [Peer("no such way"), Peer("emotion, MTCNN")]
    answering, absent = accuracy.measure("x", peers, accuracy.Pictures(files, truth)).rows
    assert (answering["way"], answering["face found"]) == ("emotion, MTCNN", 1)
    assert answering["accuracy %"] == 50
    assert absent["ms"].startswith("not run: KeyError")


@pytest.mark.slow
def test_speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "MOSAICS", ())
    other = ["--against", str(speed.ROOT)]
    assert speed.main(["--rounds", "1", "--no-peers", *other, "--out", str(tmp_path)]) == 0
    tables = json.loads((tmp_path / "speed.json").read_text())["tables"]
    rows = {table["title"]: table["rows"] for table in tables}
    assert {row["way"] for row in rows["Stages"]} > {"emotion, MTCNN (other checkout)"}
    assert any("one picture" in row["command"] for row in rows["Commands"])


@pytest.mark.slow
def test_load(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_MODEL", str(tiny_model))
    chosen = ["--uploading", "2", "--webcam", "2", "--seconds", "2", "--out", str(tmp_path)]
    assert load.main(chosen) == 0
    tables = json.loads((tmp_path / "load.json").read_text())["tables"]
    served = {table["title"]: table["rows"][0]["served"] > 0 for table in tables}
    assert served == {"Uploading": True, "Webcam": True}
