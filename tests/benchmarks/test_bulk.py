"""The benchmark of emotion.bulk; its times are not tested."""

import os
import shutil
from pathlib import Path

from benchmarks import bulk


def test_one_part(tmp_path: Path, astronaut: Path) -> None:
    paths = [Path(shutil.copy(astronaut, tmp_path / f"{number}.jpg")) for number in range(2)]
    section = bulk.one_part(paths, 1)
    assert [row["way"] for row in section.rows] == ["plain loop", "emotion.bulk's worker"]
    assert section.rows[0]["against the loop"] == 1
    assert section.note.startswith("2 images")


def test_memory_of_a_process_and_of_one_that_ended() -> None:
    found = dict(bulk._memory(os.getpid()))
    assert any("pytest" in name and size > 10 * bulk.MB for name, size in found.items())
    assert list(bulk._memory(2**22 + 1)) == []
