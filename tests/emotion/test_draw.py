"""Boxes and labels: legible, inside the picture, and on a copy."""

import numpy as np
import pytest

from emotion import LABELS, Face, FacePrediction
from emotion.draw import COLOURS, annotate, luminance, text_colour
from emotion.types import Box


def prediction(box: Box, label: str = "surprise") -> FacePrediction:
    return FacePrediction(Face(box, 0.9), dict.fromkeys(LABELS, 0.01) | {label: 0.94})


def rgb(colour: str) -> list[int]:
    return list(bytes.fromhex(colour[1:]))


def pixels_of(image: np.ndarray, colour: str) -> np.ndarray:
    """Where the image has exactly that colour, (H, W)."""
    return (image == rgb(colour)).all(axis=2)


def test_without_faces_it_is_a_copy() -> None:
    image = np.full((40, 60, 3), 128, np.uint8)
    drawn = annotate(image, [])
    np.testing.assert_array_equal(drawn, image)
    assert drawn is not image


def test_the_original_is_left_as_it_was() -> None:
    image = np.full((200, 200, 3), 128, np.uint8)
    drawn = annotate(image, [prediction((50, 50, 150, 150))])
    assert (image == 128).all()
    assert (drawn.shape, drawn.dtype) == (image.shape, np.uint8)


def test_every_label_has_its_own_colour() -> None:
    assert tuple(COLOURS) == LABELS
    assert len(set(COLOURS.values())) == len(LABELS)


@pytest.mark.parametrize("label", LABELS)
def test_text_has_aa_contrast_with_its_plate(label: str) -> None:
    light, dark = sorted(
        (luminance(COLOURS[label]), luminance(text_colour(COLOURS[label]))), reverse=True
    )
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("colour", "expected"),
    [("#000000", 0), ("#ffffff", 1), ("#808080", 0.2159), ("#ff0000", 0.2126)],
)
def test_luminance(colour: str, expected: float) -> None:
    assert luminance(colour) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("background", [0, 128, 255])
@pytest.mark.parametrize("label", LABELS)
def test_a_box_shows_on_any_background(label: str, background: int) -> None:
    image = np.full((300, 300, 3), background, np.uint8)
    drawn = annotate(image, [prediction((100, 100, 200, 200), label)])
    coloured = pixels_of(drawn, COLOURS[label])
    assert coloured[150, 100]
    assert coloured[200, 150]
    assert not coloured[150, 150]


def test_a_box_shows_on_its_own_colour() -> None:
    image = np.full((300, 300, 3), rgb(COLOURS["sad"]), np.uint8)
    drawn = annotate(image, [prediction((100, 100, 200, 200), "sad")])
    assert pixels_of(drawn, "#000000")[150, 99]


@pytest.mark.parametrize("side", [48, 100, 640, 3000])
def test_labels_grow_with_the_picture(side: int) -> None:
    """The plate is as high as a line of text that can be read where the whole fills a screen."""
    image = np.zeros((side, side, 3), np.uint8)
    box = (side * 0.4, side * 0.5, side * 0.6, side * 0.7)
    plate = pixels_of(annotate(image, [prediction(box)]), COLOURS["surprise"])[: side // 2 - 2]
    height = np.count_nonzero(plate.any(axis=1))
    assert height >= max(9, side / 40)
    assert height <= max(30, side / 12)


@pytest.mark.parametrize(
    "box",
    [
        pytest.param((0, 0, 30, 30), id="top left"),
        pytest.param((170, 170, 200, 200), id="bottom right"),
        pytest.param((-50, -50, 250, 250), id="around all"),
        pytest.param((190, -10, 260, 20), id="over the corner"),
        pytest.param((-1e9, -1e9, 1e9, 1e9), id="huge"),
        pytest.param((50, 50, 50, 50), id="no area"),
    ],
)
def test_a_label_stays_inside(box: Box) -> None:
    """As many of its pixels can be seen as of one in the middle."""
    image = np.zeros((200, 200, 3), np.uint8)
    text = annotate(image, [prediction((80, 90, 120, 130))])
    middle = np.count_nonzero(pixels_of(text, COLOURS["surprise"])[:88])
    drawn = annotate(image, [prediction(box)])
    assert np.count_nonzero(pixels_of(drawn, COLOURS["surprise"])) >= 0.9 * middle


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (8, 8)])
def test_pictures_too_small_for_a_label(shape: tuple[int, int]) -> None:
    drawn = annotate(np.zeros((*shape, 3), np.uint8), [prediction((0, 0, 5, 5))])
    assert drawn.shape == (*shape, 3)
    assert drawn.any()


def test_a_label_moves_out_of_the_way_of_another_face() -> None:
    """The lower face's label would hide the upper face: it stands below its own box instead."""
    image = np.zeros((400, 400, 3), np.uint8)
    upper, lower = (
        prediction((100, 100, 200, 200), "happy"),
        prediction((100, 205, 200, 300), "sad"),
    )
    drawn = annotate(image, [upper, lower])
    assert not pixels_of(drawn, COLOURS["sad"])[105:195].any()
    assert pixels_of(drawn, COLOURS["sad"])[304:].any()
