"""`python -m tests.hostile.clip_reader FOLDER`: reads its clips as reader.py does its pictures.

Each becomes an annotated video and a table, which are deleted at once; `frames` says how many
were read.
"""

import json
import sys
from functools import partial
from pathlib import Path

from emotion import EmotionRecognizer
from emotion.video import analyse
from tests.hostile.reader import end_of


def main(folder: Path) -> None:
    """Reads every clip, in order."""
    recognizer = EmotionRecognizer(detector="mtcnn")
    for path in sorted(folder.iterdir()):
        frames: list[int] = []
        end = end_of([partial(_read, recognizer, path, frames)])
        print(json.dumps({"name": path.name, "frames": max(frames, default=0)} | end), flush=True)


def _read(recognizer: EmotionRecognizer, path: Path, frames: list[int]) -> None:
    marked, table = path.with_name("marked.out"), path.with_name("table.out")
    frames += [
        report.frames for report in analyse(recognizer, path, annotated=marked, table=table, rate=1)
    ]
    marked.unlink()
    table.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
