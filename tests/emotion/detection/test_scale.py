"""The size a detector sees, and boxes back in the source's pixels."""

import cv2
import numpy as np
import pytest

from emotion.detection.scale import fit, to_faces
from emotion.types import Face


def test_no_faces() -> None:
    assert to_faces(np.empty((0, 4)), np.empty(0), (1.0, 1.0)) == []


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


def test_the_largest_comes_first_in_the_pixels_of_the_source() -> None:
    boxes = np.array([[1, 2, 3, 4], [10, 20, 40, 60]], np.float32)
    faces = to_faces(boxes, np.array([0.5, 1.0001], np.float32), (0.5, 2.0))
    assert faces == [Face((20, 10, 80, 30), 1.0), Face((2, 1, 6, 2), 0.5)]
    assert all(type(value) is float for face in faces for value in (*face.box, face.score))
