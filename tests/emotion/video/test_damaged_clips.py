"""Clips that are cut, damaged or lie in their headers, through the command line."""

import csv
from pathlib import Path

import numpy as np
import pytest

from emotion.cli import main as cli
from tests.clips import claim_seconds, write_clip

pytestmark = pytest.mark.slow


def noise_clip(path: Path) -> Path:
    noise = np.random.default_rng(0).integers(0, 255, (6, 96, 128, 3), np.uint8)
    return write_clip(path, noise, codec="libvpx-vp9" if path.suffix == ".webm" else "libx264")


def damaged(path: Path) -> list[bytes]:
    """The file cut at every tenth, and with eight bytes in a row replaced."""
    whole, random = path.read_bytes(), np.random.default_rng(7)
    cuts = [whole[: len(whole) * tenth // 10] for tenth in range(10)]
    for number in range(12):
        place = int(random.integers(0, len(whole) if number % 2 else 600))
        cuts.append(whole[:place] + random.bytes(8) + whole[place + 8 :])
    return cuts


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.ts"])
def test_damage_ends_in_rows_or_in_a_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = noise_clip(tmp_path / name)
    for data in damaged(path):
        path.write_bytes(data)
        status = cli.main([str(path), "--detector", "mtcnn", "--csv", str(tmp_path / "rows.csv")])
        said = capsys.readouterr().err
        assert status in (0, 1)
        assert status == 0 or name in said
        assert "Traceback" not in said


@pytest.mark.parametrize("seconds", [36_000, 1e300, float("nan"), -5])
def test_a_length_that_lies_loses_no_frame(seconds: float, tmp_path: Path) -> None:
    path, table = claim_seconds(noise_clip(tmp_path / "a.mkv"), seconds), tmp_path / "rows.csv"
    arguments = [str(path), "--detector", "mtcnn", "--rate", "10", "--csv", str(table)]
    assert cli.main(arguments) in (0, 1)  # 1: "may be cut short"
    with table.open() as file:
        assert len(list(csv.DictReader(file))) == 6
