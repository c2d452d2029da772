"""How much memory this process has."""

import sys
from pathlib import Path

import numpy as np
import pytest

from emotion.memory import resident_bytes


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_it_grows_with_what_is_held() -> None:
    before = resident_bytes()
    held = np.ones(200_000_000, np.uint8)
    assert 150e6 < resident_bytes() - before < 400e6
    assert held.size


def test_elsewhere_it_is_not_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("emotion.memory.STATM", tmp_path / "none")
    assert resident_bytes() == 0
