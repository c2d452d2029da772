"""The C library's arenas, asked of the library itself in a process of its own."""

import subprocess
import sys

import pytest

from ui.allocator import ARENAS

# malloc_stats writes a line "Arena N:" for each to stderr.
PROGRAM = """
import ctypes, sys
from threading import Barrier, Thread
from ui.allocator import share_arenas
if sys.argv[1] == "share":
    share_arenas()
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


def arenas(choice: str) -> int:
    command = [sys.executable, "-c", PROGRAM, choice]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stderr.count("Arena ")


@pytest.mark.skipif(sys.platform != "linux", reason="glibc")
def test_threads_share_a_few_arenas() -> None:
    assert arenas("share") == ARENAS
    assert arenas("leave") > ARENAS
