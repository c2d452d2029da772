"""Where the command line's results go: the terminal, and copies with the faces marked."""

import io
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image

from emotion.atomic import replacing, writing
from emotion.cli.inputs import Input
from emotion.draw import annotate
from emotion.image import Pixels
from emotion.types import EmotionError, FacePrediction, shown

Item = TypeVar("Item")

# Fewer are done before anybody has looked at a bar.
MANY_FILES = 5


class Terminal:
    """Lines on stdout and stderr, and a progress bar between them where a person looks on."""

    def __init__(self) -> None:
        self._bar: Any = None

    def follow(self, items: list[Item]) -> Iterable[Item]:
        """The items, with a bar on stderr if they are many and stderr is a terminal."""
        if len(items) >= MANY_FILES and sys.stderr.isatty():
            # Here and not above: most calls show no bar.
            from tqdm import tqdm  # noqa: PLC0415

            self._bar = tqdm(items, unit="file", leave=False)
            return self._bar  # type: ignore[no-any-return]
        return items

    def say(self, line: str) -> None:
        """A line on stdout."""
        self._write(line, sys.stdout)

    def complain(self, error: Exception) -> None:
        """A line on stderr."""
        self._write(str(error), sys.stderr)

    def _write(self, line: str, stream: Any) -> None:
        if self._bar is None:
            print(line, file=stream, flush=True)
        else:
            self._bar.write(line, file=stream)


class Copies:
    """A folder of copies with the faces marked, arranged as the inputs are."""

    def __init__(self, folder: Path, inputs: Sequence[Input]) -> None:
        self._folder = folder
        # Not Path.resolve(), which raises for a loop of links before Python 3.13.
        self._originals = {os.path.realpath(source.path) for source in inputs}
        self._taken: set[Path] = set()

    def save(self, source: Input, image: Pixels, faces: Sequence[FacePrediction]) -> None:
        """Write a JPEG copy of RGB uint8 (H, W, 3). Raises EmotionError if it can't be written."""
        target = self.target(source, ".jpg")
        # 92: lines stay sharp; 4:4:4: coloured ones too.
        copy = Image.fromarray(annotate(image, faces))
        # Into memory: if the disk is full, Pillow itself leaves half a file, and no word.
        copy.save(jpeg := io.BytesIO(), "JPEG", quality=92, subsampling=0)
        with replacing(target) as part, writing(target):
            part.write_bytes(jpeg.getvalue())

    def target(self, source: Input, suffix: str) -> Path:
        """DIR/name.jpg, or DIR/name-2.jpg if this run has taken the first already.

        Raises EmotionError if it is one of the inputs, or its folder can't be made.
        """
        target = plain = self._folder / source.below.with_suffix(suffix)
        number = 2
        while target in self._taken:
            target = plain.with_stem(f"{plain.stem}-{number}")
            number += 1
        self._taken.add(target)
        if os.path.realpath(target) in self._originals:
            raise EmotionError(f"{shown(source.path)} is not marked: it would replace an input")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror
            raise EmotionError(f"{shown(target)} can't be written: {reason}") from error
        return target
