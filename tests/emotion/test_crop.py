"""Faces to crops: the square, the padding outside, and boxes of any size."""

import numpy as np
import pytest

from emotion.crop import BOX_PER_FRAME, CENTRE_LIFT, MAX_SIDE, crop_faces, frame_of
from emotion.types import Box, Face


def gradient(height: int, width: int) -> np.ndarray:
    """RGB, grey, brighter to the right."""
    row = np.linspace(0, 255, width).astype(np.uint8)
    return np.repeat(np.tile(row, (height, 1))[..., np.newaxis], 3, axis=2)


def test_no_faces() -> None:
    crops = crop_faces(gradient(10, 10), [])
    assert crops.shape == (0, 48, 48)
    assert crops.dtype == np.uint8


def test_frame_is_a_square_around_the_box_a_little_higher() -> None:
    left, top, right, bottom = frame_of((100, 200, 180, 320))
    side = np.sqrt(80 * 120) / BOX_PER_FRAME
    assert right - left == pytest.approx(side)
    assert bottom - top == pytest.approx(side)
    assert (left + right) / 2 == pytest.approx(140)
    assert (top + bottom) / 2 == pytest.approx(260 - CENTRE_LIFT * side)


def test_a_frame_of_48_pixels_is_copied_as_it_is() -> None:
    image = np.random.default_rng(0).integers(0, 256, (80, 80, 1), np.uint8).repeat(3, axis=2)
    side = 48 * BOX_PER_FRAME
    centre_y = 40 + CENTRE_LIFT * 48
    box = (40 - side / 2, centre_y - side / 2, 40 + side / 2, centre_y + side / 2)
    (crop,) = crop_faces(image, [Face(box, 1.0)])
    np.testing.assert_array_equal(crop, image[16:64, 16:64, 0])


def test_colours_are_red_green_blue() -> None:
    """Green is the brightest of the three to the eye, blue the darkest."""
    image = np.zeros((50, 150, 3), np.uint8)
    for channel in range(3):
        image[:, 50 * channel : 50 * channel + 50, channel] = 255
    boxes = [(50.0 * n + 15, 15.0, 50.0 * n + 35, 35.0) for n in range(3)]
    red, green, blue = crop_faces(image, [Face(box, 1.0) for box in boxes]).mean(axis=(1, 2))
    assert (round(red), round(green), round(blue)) == (76, 150, 29)


def test_the_edge_is_repeated_outside() -> None:
    image = gradient(100, 100)
    (crop,) = crop_faces(image, [Face((-40, 30, 40, 70), 1.0)])
    inside = np.count_nonzero(crop[24])
    assert crop[24, 0] == 0
    assert 15 < inside < 33
    np.testing.assert_array_equal(crop[0], crop[24])


@pytest.mark.parametrize(
    "box",
    [
        pytest.param((5, 5, 5, 5), id="no area"),
        pytest.param((9, 9, 1, 1), id="turned inside out"),
        pytest.param((0, 0, 0.1, 0.1), id="less than a pixel"),
        pytest.param((-500, -500, -400, -400), id="outside, top left"),
        pytest.param((500, 500, 600, 600), id="outside, bottom right"),
        pytest.param((-1e6, -1e6, 1e6, 1e6), id="a million pixels"),
        pytest.param((0, 0, 9e8, 9e8), id="nine hundred million"),
        pytest.param((0, 0, 9e8, 1), id="long and thin"),
    ],
)
def test_any_box_gives_a_crop(box: Box) -> None:
    image = np.full((20, 30, 3), 77, np.uint8)
    crops = crop_faces(image, [Face(box, 1.0)])
    assert crops.shape == (1, 48, 48)
    assert (crops == 77).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1)])
def test_images_of_a_line_or_a_pixel(shape: tuple[int, int]) -> None:
    crops = crop_faces(np.full((*shape, 3), 9, np.uint8), [Face((0, 0, 1, 1), 1.0)])
    assert (crops == 9).all()


def test_sampled_squares_look_like_whole_ones() -> None:
    """Just above MAX_SIDE every second pixel is read: the crop is the same but for rounding."""
    image = gradient(100, MAX_SIDE + 200)
    boxes = [(0.0, 0.0, side * BOX_PER_FRAME, side * BOX_PER_FRAME) for side in (4090, 4110)]
    whole, sampled = crop_faces(image, [Face(box, 1.0) for box in boxes]).astype(int)
    assert np.abs(whole - sampled).max() <= 2
