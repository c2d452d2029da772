"""What the system says of this process's memory, and the C library of its arenas."""

import ctypes
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from emotion import memory
from emotion.memory import keep_freed, resident_bytes, return_freed, share_arenas

GLIBC = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallopt")
only_glibc = pytest.mark.skipif(not GLIBC, reason="only glibc has mallopt")

# Megabytes still resident after 256 of them were written and freed.
FREED = """
import numpy as np
from emotion.memory import keep_freed, resident_bytes
{first}
np.ones(32 * 2**20)
print(resident_bytes() // 2**20)
"""

# malloc_stats writes a line "Arena N:" for each to stderr.
ARENAS = """
import ctypes
from threading import Barrier, Thread
from emotion.memory import share_arenas
{first}
together = Barrier(8)
def work():
    together.wait()
    "a" * 1000
    together.wait()
threads = [Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
ctypes.CDLL(None).malloc_stats()
"""


def said(program: str, first: str) -> tuple[str, str]:
    """stdout and stderr of a process: the settings are for good."""
    command = [sys.executable, "-c", program.format(first=first)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_it_grows_with_what_is_held() -> None:
    before = resident_bytes()
    held = np.ones(200_000_000, np.uint8)
    assert 150e6 < resident_bytes() - before < 400e6
    assert held.size


def test_elsewhere_it_is_not_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory, "STATM", tmp_path / "none")
    assert resident_bytes() == 0


@only_glibc
def test_what_was_freed_stays_with_the_process() -> None:
    assert int(said(FREED, "keep_freed()")[0]) - int(said(FREED, "")[0]) > 200


@only_glibc
def test_what_was_kept_is_returned() -> None:
    program = FREED + "from emotion.memory import return_freed\nreturn_freed()\n"
    program += "print(resident_bytes() // 2**20)"
    kept, left = map(int, said(program, "keep_freed()")[0].split())
    assert kept - left > 200


@only_glibc
def test_threads_share_a_few_arenas() -> None:
    assert said(ARENAS, "share_arenas(2)")[1].count("Arena ") == 2
    assert said(ARENAS, "")[1].count("Arena ") > 2


def test_elsewhere_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(ctypes, "CDLL")
    keep_freed()
    return_freed()
    share_arenas(2)
