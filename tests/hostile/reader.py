"""Reads the corpus, and prints a line of JSON for each input: how it ended, and what it took.

`python -m tests.hostile.reader FOLDER`: a process of its own, for its memory is measured. A file
is read twice: by its path and through the whole pipeline, and its bytes to pixels.
"""

import json
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

from emotion import EmotionError, EmotionRecognizer
from emotion.image import load_image
from tests.hostile.arrays import arrays
from tests.hostile.corpus import LIST

# What takes as long ends the process: nothing else interrupts a decoder.
HANGS_AFTER = 30

# Linux: 5 written here forgets the most memory that a process had.
PEAK = Path("/proc/self/clear_refs")


def main(folder: Path) -> None:
    """Reads every input in the order of the list."""
    warnings.simplefilter("ignore")
    recognizer = EmotionRecognizer(detector="mtcnn")
    made = {sample.name: sample.content for sample in arrays()}
    for entry in json.loads((folder / LIST).read_text()):
        if entry["kind"] == "arrays":
            work = [partial(recognizer.recognize, made[entry["name"]])]
        else:
            path = folder / entry["kind"] / entry["name"]
            work = [partial(recognizer.recognize, path), partial(load_image, path.read_bytes())]
        print(json.dumps(entry | end_of(work)), flush=True)


def end_of(work: list[Callable[[], object]]) -> dict[str, object]:
    """How each piece of work ended, and what all together took."""
    signal.alarm(HANGS_AFTER)
    _forget_peak()
    start = time.process_time()
    results = [_tried(attempt) for attempt in work]
    seconds = time.process_time() - start
    signal.alarm(0)
    return {
        "ended": " and ".join(sorted({ended for ended, _ in results})),
        "sentences": [sentence for _, sentence in results if sentence],
        "seconds": seconds / len(work),
        "megabytes": _peak_megabytes(),
    }


def _tried(attempt: Callable[[], object]) -> tuple[str, str]:
    """`picture`, or `sentence` with it, or the exception that got through."""
    try:
        attempt()
    except EmotionError as error:
        return "sentence", str(error)
    except Exception as error:  # noqa: BLE001  # any other is what is looked for
        return repr(error), ""
    return "picture", ""


def _forget_peak() -> None:
    if PEAK.exists():
        PEAK.write_text("5")


def _peak_megabytes() -> float:
    """The most memory since it was forgotten; of the whole process where it can't be."""
    if PEAK.exists():
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
