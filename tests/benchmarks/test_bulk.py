"""The benchmark of emotion.bulk; its times are not tested."""

import os
import shutil
import time
from pathlib import Path

from benchmarks import bulk


def test_one_part(tmp_path: Path, astronaut: Path) -> None:
    paths = [Path(shutil.copy(astronaut, tmp_path / f"{number}.jpg")) for number in range(2)]
    section = bulk.one_part(paths, 1)
    assert [row["way"] for row in section.rows] == ["plain loop", "emotion.bulk's worker"]
    assert section.rows[0]["against the loop"] == 1
    assert section.note.startswith("2 images")


def test_a_process_and_one_that_ended() -> None:
    (found, *_) = bulk._processes(os.getpid())
    assert found.name.startswith(f"{os.getpid()} ")
    assert found.bytes > 10 * bulk.MB
    assert 0 < found.cpu <= time.process_time() + 1
    assert list(bulk._processes(2**22 + 1)) == []
