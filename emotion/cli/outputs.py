"""Copies with the faces marked."""

import io
import os
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from emotion.atomic import replacing, writing
from emotion.cli.inputs import VIDEO_SUFFIXES, Input
from emotion.draw import annotate
from emotion.image import Pixels
from emotion.types import EmotionError, FacePrediction, shown


class Copies:
    """A folder of copies with the faces marked, arranged as the inputs are.

    They are DIR/name.jpg or .mp4, or DIR/name-2.jpg if the copy of an earlier input is called so.
    """

    def __init__(self, folder: Path, inputs: Sequence[Input]) -> None:
        # Not Path.resolve(), which raises for a loop of links before Python 3.13.
        self._originals = {os.path.realpath(source.path) for source in inputs}
        self._targets: dict[Input, Path] = {}
        taken: set[Path] = set()
        for source in inputs:
            is_video = source.below.suffix.lower() in VIDEO_SUFFIXES
            target = plain = folder / source.below.with_suffix(".mp4" if is_video else ".jpg")
            number = 2
            while target in taken:
                target = plain.with_stem(f"{plain.stem}-{number}")
                number += 1
            taken.add(target)
            self._targets[source] = target

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
        """Where the copy goes. Raises EmotionError if an input is there, or it has no folder."""
        target = self._targets[source].with_suffix(suffix)
        if os.path.realpath(target) in self._originals:
            raise EmotionError(f"{shown(source.path)} is not marked: it would replace an input")
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        return target
