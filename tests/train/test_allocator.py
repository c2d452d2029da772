"""Freed memory is kept for the next tensor, where the C library can be told."""

import ctypes
import subprocess
import sys

import pytest

from train.allocator import keep_freed_memory

GLIBC = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallopt")

# Megabytes still resident after 256 of them were written and freed.
PROGRAM = """
import resource, sys
import numpy as np
from train.allocator import keep_freed_memory

if sys.argv[1] == "keep":
    keep_freed_memory()
np.ones(32 * 2**20)
pages = int(open("/proc/self/statm").read().split()[1])
print(pages * resource.getpagesize() // 2**20)
"""


def left(how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(not GLIBC, reason="only glibc has mallopt")
def test_it_stays_with_the_process() -> None:
    assert left("keep") - left("give back") > 200


def test_elsewhere_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(ctypes, "CDLL")
    keep_freed_memory()
