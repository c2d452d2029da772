"""Figures of a file: on a split, on photographs, for groups of people."""

import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from emotion import LABELS, EmotionClassifier, EmotionRecognizer
from tests.train.conftest import write_csv
from train import evaluate, groups, votes
from train.augment import to_pixels
from train.export import export
from train.network import build
from train.recipes import Recipe
from train.split import Split

# Enough photographs of one class, in two groups of too few each.
MANY = "file,label,half\n" + "".join(f"{n}.jpg,happy,{n % 2}\n" for n in range(21))


def test_a_split_is_measured_on_the_file_that_users_get(
    tmp_path: Path, tiny_model: Path, splits: dict[str, Split], capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = write_csv(tmp_path / "fer2013.csv", splits), tmp_path / "out"
    arguments = ["--model", str(tiny_model), "--data", str(source), "--out", str(out)]
    assert evaluate.main([*arguments, "--split", "test"]) == 0
    figures = json.loads((out / "metrics.json").read_text())["test"]
    guesses = EmotionClassifier(tiny_model).classify(splits["test"].images).argmax(1)
    assert figures["truth"] == "labels"
    assert figures["accuracy"] == pytest.approx(np.mean(guesses == splits["test"].labels))
    assert figures["count"] == len(splits["test"])
    assert "fer2013" not in figures
    for plot in ("confusion.png", "roc.png", "reliability.png"):
        assert cv2.imread(str(out / plot)).std() > 0
    assert f"accuracy {figures['accuracy']:.4f}" in capsys.readouterr().out
    assert evaluate.main([*arguments[:-1], str(source)]) == 1, "--out is a file"
    assert capsys.readouterr().err.count("\n") == 1


def test_faces_without_a_majority_are_judged_by_their_labels_and_twins_are_left_out(
    tmp_path: Path, tiny_model: Path, splits: dict[str, Split]
) -> None:
    valid = splits["valid"]
    halves = np.zeros_like(valid.votes)
    halves[:, :2] = 0.5
    disputed = {"valid": Split(valid.images, valid.labels, halves)}
    some = disputed | {"train": valid.where(np.arange(6))}
    figures = evaluate.evaluate_split(tiny_model, some, "valid", tmp_path)
    assert (figures["truth"], figures["count"]) == ("labels", len(valid))
    assert figures["without_twins"]["count"] == len(valid) - 6
    every = disputed | {"train": valid}
    figures = evaluate.evaluate_split(tiny_model, every, "valid", tmp_path)
    assert figures["without_twins"] == {"count": 0, "accuracy": None}
    assert "without twins" not in evaluate.report(figures)


def test_both_heads_are_measured_each_on_what_it_learned(
    tiny: Recipe, splits: dict[str, Split], tmp_path: Path
) -> None:
    network, valid, path = build(tiny), splits["valid"], tmp_path / "emotion.onnx"
    network.log_prior.copy_(torch.tensor([0.04, 0.04, 0.04, 0.3, 0.2, 0.08, 0.3]).log())
    export(network, 16, valid.images, path, {})
    figures = evaluate.evaluate_split(path, splits, "valid", tmp_path)
    with torch.no_grad():
        logits, labels = network(to_pixels(torch.from_numpy(valid.images), 16))
    guesses = (logits + network.log_prior).argmax(1).numpy()
    truth = votes.majority(valid.votes)
    assert figures["truth"] == "votes"
    assert figures["count"] == (truth >= 0).sum() > 0
    assert figures["accuracy"] == pytest.approx((guesses == truth).sum() / figures["count"])
    assert figures["fer2013"]["accuracy"] == pytest.approx(
        (labels.argmax(1).numpy() == valid.labels).mean()
    )
    logs = (logits + network.log_prior).log_softmax(1).numpy()
    targets = votes.targets(valid.votes)
    wanted = -(targets * logs).sum() / targets.sum()
    assert figures["cross_entropy"] == pytest.approx(wanted, rel=1e-3)
    assert 0 <= figures["unnamed_auc"] <= 1
    assert "output fer2013 against FER-2013's labels" in evaluate.report(figures)


def test_photographs_measure_detection_and_network_together(
    tmp_path: Path,
    tiny_model: Path,
    astronaut: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(groups, "ENOUGH", 2)
    gone = {"nothing": lambda image, _: image, "night": lambda image, _: np.zeros_like(image)}
    monkeypatch.setattr(evaluate, "CORRUPTIONS", gone)
    (face,) = EmotionRecognizer(tiny_model, detector="mtcnn").recognize(astronaut)
    other, third = [label for label in LABELS if label != face.label][:2]
    folder = tmp_path / "people"
    folder.mkdir()
    rows = ["file,label,age"]
    for number, (label, age) in enumerate([(face.label, "30 ")] * 2 + [(face.label, 60)] * 2):
        shutil.copy(astronaut, folder / f"{number}.jpg")
        rows.append(f"{number}.jpg,{label},{age}")
    shutil.copy(astronaut, folder / "4.jpg")
    cv2.imwrite(str(folder / "3.jpg"), np.zeros((64, 64, 3), np.uint8))  # no face: a miss
    (folder / "5.jpg").write_bytes(b"no picture")  # and another
    (folder / "labels.csv").write_text("\n".join([*rows, f"4.jpg,{other},", f"5.jpg,{third},"]))
    out = tmp_path / "out"
    arguments = ["--model", str(tiny_model), "--photographs", str(folder), "--out", str(out)]
    arguments += ["--detector", "mtcnn", "--by", "age", "--corrupted", "--chosen"]
    assert evaluate.main(arguments) == 0
    figures = json.loads((out / "metrics.json").read_text())["photographs"]["people"]
    assert (figures["count"], figures["found"], figures["scored"]) == (6, 4, [face.label])
    assert figures["recall"] == {face.label: 0.75, other: 0.0, third: 0.0}
    assert figures["balanced_accuracy"] == 0.75
    assert figures["false"][face.label] == 0.5
    assert np.sum(figures["confusion"]) == 4
    assert figures["chosen"]
    age = figures["by"]["age"]
    assert {name: group["found"] for name, group in age["groups"].items()} == {"30": 2, "60": 1}
    assert age["groups"]["60"]["balanced_accuracy"] == 0.5
    assert age["small"] == {"not stated": 2}
    plain = {name: figures[name] for name in figures["corrupted"]["nothing"]}
    assert figures["corrupted"]["nothing"] == plain
    assert figures["corrupted"]["night"]["found"] == 0
    said, complaints = capsys.readouterr()
    assert "5.jpg" in complaints
    assert "counts as not found" in complaints
    assert f"age: over {face.label}\nage not stated: too few, 2\n" in said
    assert re.search(r"\nage 60 +2 +1 +\S+ +0.500 +\[", said)
    assert re.search(r"\nunder night +6 +0 +\S+ +0.000 +\[", said)


def test_what_needs_people_is_asked_of_photographs_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for option in (["--by", "age"], ["--corrupted"]):
        with pytest.raises(SystemExit):
            evaluate.main(["--model", "m", "--data", "d", "--out", "o", *option])
        assert "need --photographs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("csv", "by", "complaint"),
    [
        (None, "age", "no photographs in it"),
        ("file,label\na.jpg,happy\n", "age", "labels.csv: no column 'age'"),
        (MANY, "file", "file has 21 different values: join them to 20 at most"),
        (MANY, "half", "no group of half shows an expression 20 times"),
    ],
)
def test_bad_labels_are_one_sentence(
    tmp_path: Path,
    csv: str | None,
    by: str,
    complaint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if csv is not None:
        (tmp_path / "labels.csv").write_text(csv)
    arguments = ["--model", "never-opened.onnx", "--photographs", str(tmp_path), "--by", by]
    assert evaluate.main([*arguments, "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1
