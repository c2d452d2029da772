"""A clip on the command line."""

import json
from pathlib import Path

import pytest

from emotion.cli.main import main
from tests.clips import claim_seconds, scene, write_clip


def run(tiny_model: Path, *arguments: str | Path) -> int:
    return main([*map(str, arguments), "--model", str(tiny_model), "--detector", "mtcnn"])


@pytest.fixture
def wall(tmp_path: Path) -> Path:
    """A second without a face."""
    return write_clip(tmp_path / "wall.mp4", [scene(0)] * 10)


def test_a_line_a_frame_a_film_and_a_table(
    tmp_path: Path, tiny_model: Path, wall: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, folder = tmp_path / "table.csv", tmp_path / "marked"
    code = run(tiny_model, wall, "--rate", "2", "--csv", table, "--annotate", folder)
    out, error = capsys.readouterr()
    assert (code, error) == (0, "")
    assert out.splitlines() == [f"{wall} 0.00 s: no face", f"{wall} 0.50 s: no face"]
    assert len(table.read_text().splitlines()) == 3
    assert (folder / "wall.mp4").read_bytes()[4:8] == b"ftyp"


def test_a_face_as_json(
    tmp_path: Path, tiny_model: Path, astronaut_image, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "a.mp4", [astronaut_image[:400, :400]])
    assert run(tiny_model, clip, "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["video"], record["seconds"]) == (str(clip), 0)
    (face,) = record["faces"]
    assert list(face) == ["person", "box", "score", "label", "confidence", "probabilities"]


@pytest.mark.parametrize("rate", ["0", "31", "nan", "fast"])
def test_a_rate_that_is_none(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["a.mp4", "--rate", rate])
    assert caught.value.code == 2
    assert f"{rate} is not a number from 1 to 30" in capsys.readouterr().err


def test_what_is_wrong_is_one_line(
    tmp_path: Path, tiny_model: Path, wall: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no clip")
    short = claim_seconds(write_clip(tmp_path / "a.mkv", [scene(0)] * 5), 60)
    lines = {
        (tmp_path / "a.mp4",): f"{tmp_path}/a.mp4 is damaged, or not a video of a kind that can",
        (tmp_path / "absent.mov",): f"{tmp_path}/absent.mov does not exist",
        (wall, "--annotate", tmp_path): f"{wall} is not marked: it would replace the video",
        (wall, "--annotate", wall): f"{wall} can't be written: File exists",
        (short,): f"{short} is shorter than its header says",
    }
    for arguments, line in lines.items():
        assert run(tiny_model, *arguments) == 1
        error = capsys.readouterr().err
        assert error.startswith(line)
        assert len(error.splitlines()) == 1
