"""The walk-through of docs/your-own-faces.md, as printed, on a small made set."""

import re
import shlex
import shutil
from pathlib import Path

import cv2
import pytest

from emotion import EmotionClassifier, EmotionRecognizer
from emotion.cli import main as cli
from emotion.image import Pixels, load_image
from tests.conftest import ROOT
from train import __main__ as command
from train import evaluate
from train.figures import read

TEXT = (ROOT / "docs" / "your-own-faces.md").read_text()


def lines(program: str) -> list[list[str]]:
    """The arguments of each command that starts so, as the page prints it."""
    blocks = "".join(re.findall(r"```shell\n(.*?)```", TEXT, re.DOTALL)).replace("\\\n", " ")
    found = [shlex.split(line) for line in blocks.splitlines() if line.startswith(program + " ")]
    return [words[len(program.split()) :] for words in found]


def write_photographs(folder: Path, people: list[str], image: Pixels) -> None:
    """One face for all: bright where happy, dark where sad, of another size each."""
    for label, gain in (("happy", 1.2), ("sad", 0.5)):
        (folder / label).mkdir(parents=True)
        for number, person in enumerate(people):
            lit = cv2.convertScaleAbs(image[..., ::-1], alpha=gain)
            sized = cv2.resize(lit, None, fx=1 + number / 5, fy=1 + number / 5)
            cv2.imwrite(str(folder / label / f"{person}_{number}.jpg"), sized)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_walk_through(
    tmp_path: Path,
    astronaut: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    image = load_image(astronaut)[:260, 100:360]
    write_photographs(tmp_path / "faces", ["ann", "ben", "cleo", "dora", "eve", "finn"], image)
    write_photographs(tmp_path / "kept", ["gus"], image)
    cv2.imwrite(str(tmp_path / "faces" / "sad" / "nobody.png"), image * 0)
    shutil.copytree(ROOT / "emotion" / "model", tmp_path / "emotion" / "model")
    cv2.imwrite("photo.jpg", image[..., ::-1])

    training, publishing, _ = lines("python -m train")
    assert command.main([*training, "--epochs", "2"]) == 0
    said = capsys.readouterr().out
    assert "nobody.png (1 in all)." in said
    assert "(nobody is in both)" in said
    assert "No images of angry, disgust, fear, surprise, neutral" in said
    for arguments in lines("python -m train.evaluate"):
        assert evaluate.main(arguments) == 0
    found = read(Path("runs/faces/metrics.json"))
    assert found["photographs"]["kept"]["count"] == 2
    assert found["training"]["dataset"] == "faces"
    recognizer = EmotionRecognizer(EmotionClassifier("runs/faces/emotion.onnx"))
    (face,) = recognizer.recognize("photo.jpg")
    assert face.label in ("happy", "sad")
    (using,) = lines("emotion")
    assert cli.main(using) == 0
    assert command.main([*publishing, "--dry-run"]) == 0
    again = ["--data", "faces", "--weights", "runs/faces", "--epochs", "1", "--out", "runs/again"]
    assert command.main(again) == 0
