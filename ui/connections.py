"""Connections on which nobody asks anything, and more of them than the process may have open."""

import asyncio
import errno
import logging
from functools import cache
from typing import Any

from ui.limits import IDLE_SECONDS

log = logging.getLogger(__name__)


async def end_idle_connections(app: Any) -> None:
    """Closes connections without a request for IDLE_SECONDS; uvicorn waits forever for a first."""
    asyncio.get_running_loop().set_exception_handler(_log)
    before: dict[Any, Any] = {}
    while True:
        await asyncio.sleep(IDLE_SECONDS)
        server = getattr(app.get_blocks(), "server", None)
        connections = set(server.server_state.connections) if server else set()
        # A cycle is a request and its answer; there is none before the first.
        idle = {c: c.cycle for c in connections if c.cycle is None or c.cycle.response_complete}
        for connection in idle.keys() & before.keys():
            if idle[connection] is before[connection]:
                connection.transport.close()
        before = idle


def _log(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # asyncio would log a trace for each of thousands of attempts to accept a connection.
    if getattr(context.get("exception"), "errno", None) in (errno.EMFILE, errno.ENFILE):
        _log_full_table()
    else:
        loop.default_exception_handler(context)


@cache
def _log_full_table() -> None:
    log.warning("too many connections: raise this process's limit of open files (ulimit -n)")
