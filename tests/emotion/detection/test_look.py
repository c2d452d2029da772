"""The sizes and tiles that a detector sees, and boxes back in the source's pixels."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from emotion.detection.found import Found
from emotion.detection.look import LONGEST_SIDE, TILE, TILE_OVERLAP, Pixels, _spans, find_faces, fit


@pytest.mark.parametrize(
    ("size_wh", "fitted_wh"),
    [
        pytest.param((1, 1), (160, 160), id="a pixel"),
        pytest.param((48, 24), (160, 80), id="small"),
        pytest.param((640, 480), (640, 480), id="as it is"),
        pytest.param((1280, 960), (640, 480), id="large"),
        pytest.param((4000, 1), (640, 1), id="a line"),
    ],
)
def test_sizes(size_wh: tuple[int, int], fitted_wh: tuple[int, int]) -> None:
    width, height = size_wh
    fitted, scale = fit(np.full((height, width, 3), 90, np.uint8), 640)
    assert fitted.shape == (fitted_wh[1], fitted_wh[0], 3)
    assert fitted.dtype == np.uint8
    assert scale == (fitted_wh[0] / width, fitted_wh[1] / height)
    assert (fitted == 90).all()


@pytest.mark.parametrize("size_wh", [(2560, 1920), (5123, 1301), (1301, 5123), (5121, 63)])
def test_large_ones_are_averaged_as_in_one_step(size_wh: tuple[int, int]) -> None:
    rows, columns = np.mgrid[: size_wh[1], : size_wh[0]]
    waves = 120 + 60 * np.sin(columns / 200) + 60 * np.cos(rows / 90)
    image = np.repeat(waves[..., np.newaxis], 3, axis=2).astype(np.uint8)
    fitted, _ = fit(image, 640)
    expected = cv2.resize(image, fitted.shape[1::-1], interpolation=cv2.INTER_AREA)
    # The waves differ by 1 to 2 from pixel to pixel, and of odd sides the last ones are left out.
    assert np.abs(fitted.astype(int) - expected).max() <= 3


def test_an_image_that_fits_is_not_copied() -> None:
    image = np.zeros((100, 300, 3), np.uint8)
    assert fit(image, 640)[0] is image


@pytest.mark.parametrize("length", [1, 640, 1280, 1281, 2400, 3200])
def test_tiles_cover_a_side_and_overlap(length: int) -> None:
    spans = list(_spans(length))
    assert spans[0][0] == 0
    assert spans[-1][1] == length
    assert all(0 < end - start <= TILE for start, end in spans)
    assert all(end - start >= TILE_OVERLAP for (_, end), (start, _) in pairwise(spans))


class Bright:
    """Finds bright pixels, and remembers what it was shown."""

    def __init__(self) -> None:
        self.sizes_wh: list[tuple[int, int]] = []

    def __call__(self, image: Pixels) -> Found:
        self.sizes_wh.append((image.shape[1], image.shape[0]))
        rows, columns = np.nonzero(image[..., 0] > 200)
        corners = np.stack([columns, rows], axis=1)[:, np.newaxis]
        return Found(np.concatenate([corners, corners + 1, *[corners] * 5], 1), np.ones(len(rows)))


def test_up_to_full_hd_there_is_one_look() -> None:
    find = Bright()
    assert find_faces(np.zeros((1080, 1920, 3), np.uint8), find, 0.5) == []
    assert find.sizes_wh == [(640, 360)]


def test_a_large_picture_is_halved_and_looked_at_in_tiles() -> None:
    image, find = np.zeros((3000, 4000, 3), np.uint8), Bright()
    # One in the overlap of two tiles, where both see it, and one in the last corner but one.
    spots = [(1000, 600), (3990, 2990)]
    for x, y in spots:
        image[y : y + 2, x : x + 2] = 255
    faces = find_faces(image, find, 0.5)
    assert find.sizes_wh == [(640, 480), *[(1080, 830)] * 4]
    assert sorted(face.box for face in faces) == [(x, y, x + 2, y + 2) for x, y in spots]


@pytest.mark.parametrize(("width", "count"), [(40, 2), (100, 1)])
def test_the_near_look_adds_small_faces(width: int, count: int) -> None:
    """It finds them all, a little wider; the first look finds only the one on the left."""
    left, right = (100, 300, 100 + width, 300 + width), (600, 300, 600 + width, 300 + width)

    def find(image: Pixels) -> Found:
        if max(image.shape) == LONGEST_SIDE:
            boxes, scale = np.array([left]), LONGEST_SIDE / 2000
        else:
            boxes, scale = np.add([left, right], [-1, 0, 1, 0]), 0.5
        corners = boxes.reshape(-1, 2, 2) * scale
        points = np.concatenate([corners, np.repeat(corners[:, :1], 5, axis=1)], axis=1)
        return Found(points, np.full(len(points), 0.9))

    faces = find_faces(np.zeros((1300, 2000, 3), np.uint8), find, 0.5)
    assert len(faces) == count
    assert pytest.approx(left) in [face.box for face in faces]
