"""Faces to crops: the square, the padding outside, and boxes of any size."""

import cv2
import numpy as np
import pytest

from emotion.crop import (
    BOX_PER_FRAME,
    CENTRE_LIFT,
    crop_faces,
    turn_back,
    turn_of,
)
from emotion.types import Box, Face


def gradient(height: int, width: int) -> np.ndarray:
    """RGB, grey, brighter to the right."""
    row = np.linspace(0, 255, width).astype(np.uint8)
    return np.repeat(np.tile(row, (height, 1))[..., np.newaxis], 3, axis=2)


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
    [(5, 5, 5, 5), (9, 9, 1, 1), (500, 500, 600, 600), (0, 0, 9e8, 9e8), (0, 0, 9e8, 1)],
    ids=["no area", "inside out", "outside", "nine hundred million pixels", "long and thin"],
)
def test_any_box_gives_a_crop(box: Box) -> None:
    image = np.full((20, 30, 3), 77, np.uint8)
    crops = crop_faces(image, [Face(box, 1.0)])
    assert crops.shape == (1, 48, 48)
    assert (crops == 77).all()


def face_turned(degrees: float) -> Face:
    """A face around (100, 100), turned clockwise."""
    x, y = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    eyes = ((100 - 20 * x, 100 - 20 * y), (100 + 20 * x, 100 + 20 * y))
    return Face((50, 50, 150, 150), 1.0, (*eyes, (100, 100), (90, 120), (110, 120)))


def test_faces_up_to_25_degrees_are_cropped_as_if_upright() -> None:
    image = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    (expected,) = crop_faces(image, [Face((50, 50, 150, 150), 1.0)])
    for degrees in (-24.9, 0, 10, 24.9):
        assert turn_of(face_turned(degrees)) == 0
        np.testing.assert_array_equal(crop_faces(image, [face_turned(degrees)])[0], expected)


@pytest.mark.parametrize("degrees", [26, -45, 90, 135, 180, -90])
def test_turned_faces_are_cropped_upright(degrees: float) -> None:
    rows, columns = np.mgrid[:200, :200]
    smooth = (127 + 60 * np.sin(columns / 15) + 60 * np.cos(rows / 11)).astype(np.uint8)
    upright = np.repeat(smooth[..., np.newaxis], 3, axis=2)
    matrix = cv2.getRotationMatrix2D((99.5, 99.5), -degrees, 1)
    turned = cv2.warpAffine(upright, matrix, (200, 200), borderMode=cv2.BORDER_REPLICATE)
    (expected,) = crop_faces(upright, [face_turned(0)])
    (crop,) = crop_faces(turned, [face_turned(degrees)])
    assert turn_of(face_turned(degrees)) == pytest.approx(degrees)
    assert np.abs(crop.astype(int) - expected)[4:-4, 4:-4].mean() < 2.5


def test_attention_lies_where_the_network_looked() -> None:
    attention = np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]], np.float32)
    assert turn_back(attention, face_turned(10)) is attention
    np.testing.assert_allclose(turn_back(attention, face_turned(180)), attention[::-1], atol=1e-3)
    to_the_right = [[0, 0, 0], [0, 0, 1], [0, 0, 0]]
    np.testing.assert_allclose(turn_back(attention, face_turned(90)), to_the_right, atol=1e-3)
