"""How much memory the C library keeps for the app's threads."""

import ctypes
import sys

# malloc.h's name for the setting.
M_ARENA_MAX = -8
# glibc's own is eight a core: with them 16 who upload and 4 with cameras brought the app to 470 MB
# in 40 s, with two to 435, at the same speed.
ARENAS = 2


def share_arenas() -> None:
    """Makes all threads share a few of glibc's arenas; elsewhere nothing changes.

    To be called before there are threads: those that are there keep the arena they have. Each
    arena keeps what was once freed in it, so that many hold several times what the app needs.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # musl has none
        mallopt(M_ARENA_MAX, ARENAS)
