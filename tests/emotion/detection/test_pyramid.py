"""Sizes and squares of one image, from whichever copy they are taken."""

import numpy as np
import pytest

from emotion.detection.look import Pixels
from emotion.detection.pyramid import SHORTEST_SIDE, Pyramid


def ramp(width: int, height: int) -> Pixels:
    """Twice the column, the row, and 9: whatever is taken of it can be foretold."""
    rows, columns = np.mgrid[:height, :width]
    return np.dstack([2 * columns, rows, np.full_like(rows, 9)]).astype(np.uint8)


@pytest.mark.parametrize(("side", "copies"), [(1, 1), (12, 1), (24, 2), (47, 2), (97, 4)])
def test_copies_end_where_nothing_can_be_seen(side: int, copies: int) -> None:
    shapes = [copy.shape for copy in Pyramid(ramp(side, side))._copies]
    assert shapes == [(side >> n, side >> n, 3) for n in range(copies)]
    assert min(shapes[-1][:2]) >= min(side, SHORTEST_SIDE)


@pytest.mark.parametrize("scale", [1, 0.4, 0.25])
@pytest.mark.parametrize("width", [120, 121])
def test_resized(scale: float, width: int) -> None:
    resized = Pyramid(ramp(width, 80)).resized(scale).astype(float)
    assert resized.shape == (np.ceil(80 * scale), np.ceil(width * scale), 3)
    # A pixel's value is that of the middle of what it covers, but for an odd column left out.
    middles = (np.arange(resized.shape[1]) + 0.5) * width / resized.shape[1] - 0.5
    assert np.abs(resized[:, :, 0] - 2 * middles).max() < 2.5
    assert (resized[:, :, 2] == 9).all()


@pytest.mark.parametrize("length", [6, 12, 24, 50, 80])
def test_squares(length: int) -> None:
    (crop,) = Pyramid(ramp(120, 100)).squares(np.array([[11, 7, length]]), 12).astype(float)
    middles = (np.arange(12) + 0.5) * length / 12 - 0.5
    np.testing.assert_allclose(crop[6, :, 0], 2 * (11 + middles), atol=1)
    np.testing.assert_allclose(crop[:, 6, 1], 7 + middles, atol=1)


def test_no_square() -> None:
    assert Pyramid(ramp(30, 30)).squares(np.empty((0, 3)), 12).shape == (0, 12, 12, 3)


def test_outside_is_black() -> None:
    crops = Pyramid(ramp(48, 48)).squares(np.array([[-24, 0, 48], [60, 60, 12]]), 12)
    assert (crops[0, :, :6, 2] == 0).all()
    assert (crops[0, 1:-1, 6:, 2] == 9).all()
    assert not crops[1].any()
