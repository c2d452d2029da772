"""How the C library gives memory back, which decides how fast a CPU trains."""

import ctypes
import sys

# malloc.h's names for the two settings.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


def keep_freed_memory() -> None:
    """Make glibc reuse what the process freed; elsewhere nothing changes.

    By default every large tensor is fetched from the kernel anew, page by page, and given back
    when it is freed. Lite0 at 96 px in batches of 128 learns 113 images a second with this and 68
    without, in one run on two cores.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # musl has none
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
