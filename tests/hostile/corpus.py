"""The corpus in a folder: a folder a class, and a list of what must become of each file."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tests.hostile import arrays, bombs, damage, forms

CLASSES = (
    *(forms.modes, forms.options, forms.png_kinds, forms.orientations, forms.profiles),
    *(forms.animations, forms.four_colours, bombs.narrow, arrays.arrays),
    *(damage.truncated, damage.flipped, damage.misnamed, damage.no_pictures),
    *(bombs.promises, bombs.work, bombs.largest),
)

LIST = "list.json"

# A process that reads all of it; a minute on a slow machine.
TIMEOUT = 240


def write(folder: Path) -> list[dict[str, object]]:
    """Writes each input into folder/CLASS/NAME, and their list; arrays are made where read."""
    entries = []
    for make in CLASSES:
        for kind, name, content, readable in make():
            entries.append({"kind": kind, "name": name, "readable": readable})
            if not isinstance(content, np.ndarray):
                path = folder / kind / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
    (folder / LIST).write_text(json.dumps(entries))
    return entries


def read_in_child(folder: Path, temporary: Path, reader: str = "reader") -> list[dict[str, object]]:
    """How each input of the folder ended: see reader.py. Raises CalledProcessError on a crash."""
    command = [sys.executable, "-m", f"tests.hostile.{reader}", str(folder)]
    # Nothing outlives its time: see HANGS_AFTER.
    done = subprocess.run(
        command,
        env=os.environ | {"TMPDIR": str(temporary)},
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        timeout=TIMEOUT,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def expected(end: dict[str, object]) -> bool:
    """Whether an input ended as it must: in a picture, in a sentence, or in either."""
    wanted: dict[object, Iterable[str]] = {True: ["picture"], False: ["sentence"]}
    return end["ended"] in wanted.get(end["readable"], ["picture", "sentence"])
