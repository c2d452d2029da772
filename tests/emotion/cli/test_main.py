"""The command line as it is typed: exit codes, what stands on stdout and what on stderr."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emotion import LABELS
from emotion.cli.main import main
from emotion.image import Pixels
from tests.clips import claim_seconds, scene, write_clip
from tests.conftest import ROOT

Main = Callable[..., int]
Command = Callable[..., list[str]]


@pytest.fixture
def run(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Main:
    """`main` with the tiny model and the detector that is always there."""
    # main() sets it for its process.
    monkeypatch.setenv("HF_HUB_VERBOSITY", "critical")
    standard = ["--model", str(tiny_model), "--detector", "mtcnn"]
    return lambda *arguments: main([*map(str, arguments), *standard])


FACE_LINE = rf"(?P<name>.+): ({'|'.join(LABELS)}) [01]\.\d\d  box -?\d+,-?\d+,\d+,\d+"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.jpg", "--min-score", "nan"], "--min-score: nan is not a number from 0 to 1"),
        (["a.mp4", "--rate", "31"], "--rate: 31 is not a number from 1 to 30"),
    ],
)
def test_wrong_usage(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    out, error = capsys.readouterr()
    assert (out, sentence in error) == ("", True)


def test_a_line_a_face(run: Main, capsys: pytest.CaptureFixture[str]) -> None:
    group = ROOT / "examples" / "group.jpg"
    for options, faces in ((), 4), (("--largest",), 1), (("--min-score", 1), 0):
        assert run(group, *options) == 0
        out, error = capsys.readouterr()
        found = [re.fullmatch(FACE_LINE, line) for line in out.splitlines()]
        assert [line["name"] for line in found if line] == [str(group)] * faces
        assert (out == f"{group}: no face\n", error) == (not faces, "")


def test_bad_files_lose_nothing_else(
    run: Main, astronaut: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "none.jpg").touch()
    (tmp_path / "cut.jpg").write_bytes(astronaut.read_bytes()[:9000])
    bad = [tmp_path / name for name in ("empty", "text.jpg", "none.jpg", "cut.jpg", "gone.jpg")]
    assert run(*bad, astronaut, "--csv", tmp_path / "a.csv") == 1
    out, error = capsys.readouterr()
    assert re.fullmatch(FACE_LINE, out.splitlines()[0])
    assert error.splitlines() == [
        f"{tmp_path}/empty is a folder without photographs or videos",
        f"{tmp_path}/text.jpg is not an image of a kind that can be read",
        f"{tmp_path}/none.jpg is empty",
        f"{tmp_path}/cut.jpg is damaged or cut short",
        f"{tmp_path}/gone.jpg does not exist",
    ]
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 2


@pytest.mark.parametrize("option", ["--csv", "--annotate"])
def test_outputs_that_can_not_be_written(
    run: Main, astronaut: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    (tmp_path / "file").touch()
    assert run(astronaut, option, tmp_path / "file" / "a.csv") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "can't be written: Not a directory" in line


@pytest.mark.usefixtures("run")
def test_models_that_are_missing(astronaut: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--model", "missing.onnx"], ["--detector", "yunet"]):
        assert main([str(astronaut), *arguments]) == 1
    model, detector = capsys.readouterr().err.splitlines()
    assert model.startswith("the model missing.onnx is neither a file nor a name")
    assert detector == "YuNet's file is not here: fetch it with `python -m emotion download`"


def test_download_prints_where_the_file_is(
    run: Main, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emotion.cli.main.download_yunet", lambda timeout: Path("cache/yunet.onnx"))
    assert run("download") == 0
    assert capsys.readouterr() == ("cache/yunet.onnx\n", "")


@pytest.fixture
def command(tiny_model: Path) -> Command:
    """What a shell would run, with the same model and detector."""
    start = [sys.executable, "-m", "emotion", "--model", str(tiny_model), "--detector", "mtcnn"]
    return lambda *arguments: [*start, *map(str, arguments)]


def test_as_a_program(astronaut: Path, command: Command, tmp_path: Path) -> None:
    """In another process, with names of any bytes and letters; warnings of Pillow stay away."""
    names = (os.fsdecode(b"odd\xff\n.jpg"), "\N{GRINNING FACE}.jpg")
    odd = [tmp_path / name for name in names]
    for path in odd:
        path.write_bytes(astronaut.read_bytes())
    bomb = tmp_path / "bomb.ppm"
    bomb.write_bytes(b"P6 10000 10000 255 ")
    done = subprocess.run(
        command(*odd, bomb, "--csv", tmp_path / "a.csv"),
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "cp1252"},
    )
    assert done.returncode == 1
    starts = [line.split(": ")[0] for line in done.stdout.decode("ascii").splitlines()]
    assert starts == [repr(str(odd[0])), f"{tmp_path}/\\U0001f600.jpg"]
    table = (tmp_path / "a.csv").read_text(encoding="utf-8", errors="surrogateescape")
    assert all(str(path) in table for path in odd)
    assert done.stderr.decode() == f"{bomb} is larger than 40 megapixels: it is 10000x10000\n"


def test_a_reader_that_goes_away(astronaut: Path, command: Command) -> None:
    """As in `python -m emotion … | head -1`."""
    arguments = (*[astronaut] * 20, "--json")
    with subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline().startswith(b"{")
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 128 + signal.SIGPIPE


def test_a_closed_stdout(astronaut: Path, command: Command, tmp_path: Path) -> None:
    """The rest is done: here a table."""
    line = '"$@" >&-'
    arguments = command(astronaut, "--csv", tmp_path / "a.csv")
    done = subprocess.run(["sh", "-c", line, "sh", *arguments], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_under_the_output_is_one_sentence(astronaut: Path, command: Command) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command(astronaut),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == b"the output can't be written: No space left on device\n"


def test_photographs_and_videos_in_any_mixture(
    run: Main, astronaut: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, table = tmp_path / "in", tmp_path / "a.csv"
    folder.mkdir()
    (folder / "b.jpg").write_bytes(astronaut.read_bytes())
    write_clip(folder / "a.mp4", [scene(0)] * 10)
    write_clip(tmp_path / "c.mkv", [scene(0)] * 10).rename(tmp_path / "c")
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    inputs = (folder, tmp_path / "bad.mp4", "x" * 300, tmp_path / "c", astronaut)
    code = run(*inputs, "--rate", 2, "--csv", table, "--annotate", tmp_path / "out")
    error = capsys.readouterr().err
    assert (code, error.splitlines()) == (
        1,
        [
            f"{tmp_path}/bad.mp4 is damaged, or not a video of a kind that can be read",
            f"{'x' * 300} can't be opened: File name too long",
        ],
    )
    lines = [line.split(",") for line in table.read_text().splitlines()]
    assert (lines[0][0], lines[0][-1]) == ("image", "seconds")
    assert [(line[0], line[-1]) for line in lines[1:]] == [
        (f"{folder}/a.mp4", "0.0"),
        (f"{folder}/a.mp4", "0.5"),
        (f"{folder}/b.jpg", ""),
        (f"{tmp_path}/c", "0.0"),
        (f"{tmp_path}/c", "0.5"),
        (str(astronaut), ""),
    ]
    copies = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert copies == ["a.mp4", "astronaut.jpg", "b.jpg", "c.mp4"]


def test_a_face_in_a_video(
    run: Main, tmp_path: Path, astronaut_image: Pixels, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "a.mp4", [astronaut_image[:400, :400]])
    assert run(clip, "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["video"], record["seconds"]) == (str(clip), 0)
    (face,) = record["faces"]
    assert list(face) == ["person", "box", "score", "label", "confidence", "probabilities"]
    assert run(clip) == 0
    assert re.fullmatch(rf"{clip} 0\.00 s: 1 [a-z]+ [01]\.\d\d\n", capsys.readouterr().out)


def test_what_is_wrong_with_a_video_is_one_line(
    run: Main, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wall = write_clip(tmp_path / "wall.mp4", [scene(0)] * 10)
    short = claim_seconds(write_clip(tmp_path / "a.mkv", [scene(0)] * 5), 60)
    lines = {
        (tmp_path / "absent.mov",): f"{tmp_path}/absent.mov does not exist",
        (wall, "--annotate", tmp_path): f"{wall} is not marked: it would replace an input",
        (wall, "--annotate", wall): f"{wall} can't be written: File exists",
        (short,): f"{short} is shorter than its header says: it may be cut short",
    }
    for arguments, line in lines.items():
        assert run(*arguments) == 1
        error = capsys.readouterr().err
        assert error.startswith(line)
        assert len(error.splitlines()) == 1


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Where tests run in the background, the shell has interrupts ignored, by children too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_is_quiet(astronaut: Path, command: Command, tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    arguments = (*[astronaut] * 500, "--csv", table)
    with subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, error = process.communicate()
    assert (process.returncode, error) == (128 + signal.SIGINT, b"")
    assert list(tmp_path.iterdir()) == []


def test_videos_without_their_decoders(
    run: Main,
    astronaut: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in [name for name in sys.modules if name.startswith("emotion.video")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "av", None)
    for name in ("a.mp4", "text.jpg"):
        (tmp_path / name).write_text("neither")
    assert run(tmp_path / "a.mp4", tmp_path / "text.jpg", astronaut) == 1
    out, error = capsys.readouterr()
    assert str(astronaut) in out
    assert error.splitlines() == [
        f"{tmp_path}/a.mp4 needs av to be read: install emotion[video]",
        f"{tmp_path}/text.jpg is not an image of a kind that can be read",
    ]
