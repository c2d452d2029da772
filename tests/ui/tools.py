"""What tests do beside an app and a browser that run in this very process."""

import asyncio
import os
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

Value = TypeVar("Value")


def run(coroutine: Coroutine[Any, Any, Value]) -> Value:
    """What it returns. In a thread of its own: Playwright keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def files_in(folder: Path) -> set[Path]:
    """All files below. Unlike rglob, it does not mind that the app deletes some meanwhile."""
    return {Path(parent, name) for parent, _, names in os.walk(folder) for name in names}
