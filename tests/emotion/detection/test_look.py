"""The sizes and tiles that a detector sees, and boxes back in the source's pixels."""

import cv2
import numpy as np
import pytest

from emotion.detection.found import Found
from emotion.detection.look import LONGEST_SIDE, Pixels, find_faces, fit
from emotion.detection.upright import CELL


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


@pytest.mark.parametrize("size_wh", [(5123, 1301), (5121, 63)])
def test_large_ones_are_averaged_as_in_one_step(size_wh: tuple[int, int]) -> None:
    rows, columns = np.mgrid[: size_wh[1], : size_wh[0]]
    waves = 120 + 60 * np.sin(columns / 200) + 60 * np.cos(rows / 90)
    image = np.repeat(waves[..., np.newaxis], 3, axis=2).astype(np.uint8)
    fitted, _ = fit(image, 640)
    expected = cv2.resize(image, fitted.shape[1::-1], interpolation=cv2.INTER_AREA)
    # The waves differ by 1 to 2 from pixel to pixel, and of odd sides the last ones are left out.
    assert np.abs(fitted.astype(int) - expected).max() <= 3


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


@pytest.mark.parametrize(
    ("width", "count", "first"), [(40, 2, False), (60, 2, True), (100, 1, True)]
)
def test_the_near_look_adds_small_faces(width: int, count: int, first: bool) -> None:
    """It finds them all, a little wider; the first look finds only the one on the left.

    That keeps its first box, unless it is tiny.
    """
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
    assert (pytest.approx(left) in [face.box for face in faces]) == first


@pytest.mark.parametrize("turn", [0, 2])
def test_what_scores_low_is_a_face_if_it_is_turned(turn: int) -> None:
    """Looked at in eight turns, it scores best in one of them."""

    def find(image: Pixels) -> Found:
        is_again = image.shape[:2] == (CELL, 8 * CELL)
        left, top, score = (CELL * turn + 12, 12, 0.9) if is_again else (60, 60, 0.4)
        box = np.array([[left, top], [left + 40, top + 40]], float)
        return Found(np.concatenate([box, box[:1].repeat(5, 0)])[np.newaxis], np.array([score]))

    faces = find_faces(np.zeros((160, 160, 3), np.uint8), find, 0.6, 0.89)
    assert [face.score for face in faces] == ([0.9] if turn else [])
    assert find_faces(np.zeros((160, 160, 3), np.uint8), find, 0.6) == []
