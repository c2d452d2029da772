"""What may be typed, and what is said where a run can't begin or has nothing to do."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from emotion.bulk import cli
from emotion.bulk.plan import part_name

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "the following arguments are required: SOURCE, --out"),
        (["in"], "the following arguments are required: --out"),
        (["in", "--out", "out", "--cores", "0"], "--cores: 0 is not a whole number from 1 on"),
        (["in", "--out", "out", "--part-size", "x"], "--part-size: x is not a whole number"),
        (["in", "--out", "out", "--min-score", "2"], "--min-score: 2 is not a number from 0 to 1"),
    ],
)
def test_wrong_usage(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert sentence in capsys.readouterr().err


def test_without_ray(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(cli, "find_spec", lambda name: None if name == "ray" else found(name))
    assert cli.main(["in", "--out", "out"]) == 1
    assert capsys.readouterr().err == ("emotion.bulk needs ray: pip install '.[bulk]'\n")


def test_help_needs_no_ray() -> None:
    code = (
        "import sys; import emotion.bulk.cli as cli; cli.make_parser().format_help();"
        "print([name for name in ('ray', 'pyarrow', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def main(*arguments: object) -> tuple[int, str, str]:
    """In a process of its own: Ray's warnings are not ours. None of these starts a cluster."""
    command = [sys.executable, "-m", "emotion.bulk", *map(str, arguments), "--detector", "mtcnn"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    expected = (1, "", f"{tmp_path}/in does not exist\n")
    assert main(tmp_path / "in", "--out", tmp_path / "out") == expected


def test_a_finished_run_and_one_with_other_settings(tmp_path: Path, astronaut: Path) -> None:
    out = tmp_path / "out"
    gone = "127.0.0.1:1"
    code, said, error = main(astronaut, "--out", out, "--address", gone)
    assert (code, said) == (1, "")
    assert error.splitlines()[-1].startswith(f"Ray can't be used at {gone}: ")
    (out / part_name(0)).touch()
    expected = (0, f"all of 1 parts are in {out}\n", "")
    assert main(astronaut, "--out", out, "--address", gone) == expected
    code, _, error = main(astronaut, "--out", out, "--largest")
    assert (code, error) == (
        1,
        f"{out} holds a run with largest False, not True: choose another --out\n",
    )
