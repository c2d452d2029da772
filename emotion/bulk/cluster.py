"""Parts to workers, by Ray Data: on this machine's cores, or on a cluster's."""

import os
import socket
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# Ray reports to its makers unless this is set before it starts. Nothing leaves the machines.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray
import ray.data

from emotion.bulk.worker import Job, Worker
from emotion.types import EmotionError

# Bytes of shared memory: only numbers pass through Ray, no picture. Its smallest is 75 MiB.
OBJECT_STORE = 128 * 2**20

# How often a part is tried again where its worker died or the store did not answer: a picture that
# kills whoever looks at it must not be tried for ever.
RETRIES = 3

# Parts that may fail all the same before a pass is given up: then the fault lies not in them.
LOST_PARTS = 100


def score_parts(job: Job, numbers: Sequence[int], cores: int | None) -> Counter[str]:
    """Scores the parts of these numbers; counts the images, faces and errors in them.

    cores is the number of workers, or None for as many as there are CPUs. Some parts may be missing
    afterwards. Raises EmotionError where more than LOST_PARTS are, or no worker can work.
    """
    context = ray.data.DataContext.get_current()
    context.max_errored_blocks = LOST_PARTS
    context.actor_task_retry_on_errors = True
    workers = min(cores or _cpus(), len(numbers))
    parts = ray.data.from_items(
        [{"part": number} for number in numbers], override_num_blocks=len(numbers)
    )
    scored = parts.map_batches(
        Worker,
        fn_constructor_args=[job],
        batch_size=1,
        num_cpus=1,
        # From 1: else workers of a machine that was lost would be waited for in vain. One part in
        # work and one waiting, the fewest by which Ray sees that more workers would help.
        compute=ray.data.ActorPoolStrategy(
            min_size=1, max_size=workers, initial_size=workers, max_tasks_in_flight_per_actor=2
        ),
        ray_remote_args_fn=_remote_args,
    )
    return _sum(scored.iter_rows())


def _cpus() -> int:
    return int(ray.cluster_resources()["CPU"])  # type: ignore[no-untyped-call]


def _remote_args() -> dict[str, int]:
    return {"max_task_retries": RETRIES}


def _sum(rows: Iterable[dict[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    try:
        for row in rows:
            total.update(row)
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise EmotionError(f"no more parts are tried: {reason}") from error
    return total


@contextmanager
def joined(address: str | None, cores: int | None) -> Iterator[None]:
    """The cluster at HOST:PORT, or without one a Ray of our own. Raises EmotionError."""
    try:
        if address is None:
            # "local": else Ray joins whatever it finds running.
            ray.init(
                "local",
                num_cpus=cores,
                include_dashboard=False,
                object_store_memory=OBJECT_STORE,
            )
        else:
            _reach(address)
            package = str(Path(__file__).parents[1])
            ray.init(address, runtime_env={"py_modules": [package]})
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise EmotionError(f"Ray can't be used at {address or 'this machine'}: {reason}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _reach(address: str) -> None:
    """Raises OSError, or ValueError for what is no address: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    socket.create_connection((host, int(port)), timeout=10).close()
