"""RGB images to faces: YuNet, or MTCNN where YuNet's file is not at hand.

Measured on ten group photographs with 43 faces, at the settings of yunet.py and mtcnn.py: YuNet
finds 43 and boxes two things that are no face, MTCNN finds 42 and boxes no such thing.
"""

import os
from typing import Literal, Protocol, get_args

from emotion.detection.mtcnn import MTCNN
from emotion.detection.scale import Pixels
from emotion.detection.yunet import YuNet
from emotion.hub import find_yunet
from emotion.types import Face, ModelError

Name = Literal["auto", "yunet", "mtcnn"]


class Detector(Protocol):
    """What finds faces; safe to share between threads."""

    name: str

    def detect(self, image: Pixels) -> list[Face]:
        """Faces in RGB uint8 (H, W, 3), the largest first; boxes in its pixels."""


def load_detector(
    name: Name = "auto",
    *,
    yunet: str | os.PathLike[str] | None = None,
    min_score: float | None = None,
    threads: int = 1,
) -> Detector:
    """The detector of that name; auto is YuNet where its file is at hand, and else MTCNN.

    yunet is the path of YuNet's file; without it, $EMOTION_YUNET and the Hub's cache are looked
    at, and never the network. min_score, 0 to 1, is the detector's own where it is None. threads
    are the CPU threads of one run. Raises ModelError where YuNet is asked for and its file is
    missing or damaged.
    """
    if name not in get_args(Name):
        raise ValueError(f"detector must be auto, yunet or mtcnn, but is {name}")
    if min_score is not None and not 0 <= min_score <= 1:
        raise ValueError(f"min_score must lie between 0 and 1, but is {min_score}")
    path = None if name == "mtcnn" else find_yunet(yunet)
    if path is not None:
        return YuNet(path, min_score, threads)
    if name == "yunet":
        raise ModelError("YuNet's file is not here: fetch it with `python -m emotion download`")
    return MTCNN(min_score, threads)
