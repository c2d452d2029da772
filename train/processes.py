"""One process writes, downloads and decides for all of them."""

from collections.abc import Callable
from typing import Any, TypeVar

from accelerate import PartialState
from accelerate.utils import broadcast_object_list, parse_flag_from_env

from emotion.types import EmotionError
from train.errors import TrainError

Result = TypeVar("Result")


def this_process() -> PartialState:
    """Which of the processes this is. The first to ask decides how they speak to each other."""
    return PartialState(cpu=parse_flag_from_env("ACCELERATE_USE_CPU"))


def from_main(make: Callable[[], Result]) -> Result:
    """What `make` returns in the main process, in every process; what it raises, too.

    Machines need not share a disk, so what lies on one is not read on the others.
    """
    state = this_process()
    if state.num_processes == 1:
        return make()
    made: list[Any] = [None, None]
    if state.is_main_process:
        try:
            made[0] = make()
        except (EmotionError, TrainError, OSError) as error:
            made[1] = error
    broadcast_object_list(made)
    if made[1] is not None:
        raise made[1]
    return made[0]  # type: ignore[no-any-return]
