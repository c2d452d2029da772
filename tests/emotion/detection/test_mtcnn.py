"""MTCNN's levels, and networks that are missing."""

from pathlib import Path

import pytest

from emotion import ModelError
from emotion.detection import mtcnn
from emotion.detection.mtcnn import CELL, MTCNN, PYRAMID_STEP, _scales


@pytest.mark.parametrize(("side", "levels"), [(1, 1), (24, 1), (48, 3), (480, 9)])
def test_the_pyramid_ends_on_the_whole_image(side: int, levels: int) -> None:
    scales = list(_scales(side))
    assert len(scales) == levels
    assert CELL <= side * scales[-1] < CELL / PYRAMID_STEP**2


def test_networks_that_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mtcnn, "NETWORKS", tmp_path)
    with pytest.raises(ModelError, match=r"^MTCNN's network pnet\.onnx is missing"):
        MTCNN()
