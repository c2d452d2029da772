"""Boxes and captions: legible, inside the picture, hiding no face, and on a copy."""

import numpy as np
import pytest

from emotion import LABELS, Face, FacePrediction
from emotion.draw import COLOURS, Colour, annotate, luminance, text_colour
from emotion.types import Box


def prediction(box: Box, label: str = "surprise") -> FacePrediction:
    return FacePrediction(Face(box, 0.9), dict.fromkeys(LABELS, 0.01) | {label: 0.94})


def pixels_of(image: np.ndarray, colour: Colour) -> np.ndarray:
    """Where the image has exactly that colour, (H, W)."""
    return (image == colour).all(axis=2)


def test_every_label_has_its_own_colour() -> None:
    assert tuple(COLOURS) == LABELS
    assert len(set(COLOURS.values())) == len(LABELS)


def contrast(one: Colour, other: Colour) -> float:
    """As WCAG counts it, 1 to 21."""
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def test_colours_can_be_read_on_them_and_seen_on_the_light_page_and_the_dark_one() -> None:
    for colour in COLOURS.values():
        assert contrast(colour, text_colour(colour)) >= 4.5
        assert min(contrast(colour, page) for page in ((255, 255, 255), (11, 15, 25))) >= 3


@pytest.mark.parametrize("background", [(0, 0, 0), COLOURS["sad"]])
def test_a_box_shows_on_any_background(background: Colour) -> None:
    image = np.full((300, 300, 3), background, np.uint8)
    drawn = annotate(image, [prediction((100, 100, 200, 200), "sad")])
    assert pixels_of(drawn, COLOURS["sad"])[150, 100]
    assert pixels_of(drawn, (0, 0, 0))[150, 95:100].any()
    assert (drawn[150, 150] == background).all()


@pytest.mark.parametrize("side", [48, 640, 3000])
def test_captions_grow_with_the_picture(side: int) -> None:
    """They can be read where the whole picture fills a screen."""
    image = np.zeros((side, side, 3), np.uint8)
    box = (side * 0.4, side * 0.5, side * 0.6, side * 0.7)
    plate = pixels_of(annotate(image, [prediction(box)]), COLOURS["surprise"])[: side // 2 - 2]
    assert max(9, side / 75) <= np.count_nonzero(plate.any(axis=1)) <= max(30, side / 12)


@pytest.mark.parametrize(
    "box", [(0, 0, 30, 30), (190, -10, 260, 20), (-1e9, -1e9, 1e9, 1e9), (50, 50, 50, 50)]
)
def test_a_caption_stays_inside(box: Box) -> None:
    """As many of its pixels can be seen as of one in the middle."""
    image = np.zeros((200, 200, 3), np.uint8)
    text = annotate(image, [prediction((80, 90, 120, 130))])
    middle = np.count_nonzero(pixels_of(text, COLOURS["surprise"])[:88])
    drawn = annotate(image, [prediction(box)])
    assert np.count_nonzero(pixels_of(drawn, COLOURS["surprise"])) >= 0.9 * middle


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1)])
def test_pictures_too_small_for_a_caption(shape: tuple[int, int]) -> None:
    drawn = annotate(np.zeros((*shape, 3), np.uint8), [prediction((0, 0, 5, 5))])
    assert drawn.shape == (*shape, 3)
    assert drawn.any()


def test_a_caption_moves_out_of_the_way_of_another_face() -> None:
    """The lower face's would hide the upper face: it stands below its own box instead."""
    image = np.zeros((400, 400, 3), np.uint8)
    upper, lower = (
        prediction((100, 100, 200, 200), "happy"),
        prediction((100, 205, 200, 300), "sad"),
    )
    drawn = annotate(image, [upper, lower])
    assert not pixels_of(drawn, COLOURS["sad"])[105:195].any()
    assert pixels_of(drawn, COLOURS["sad"])[304:].any()


def crowd(count: int, gap: int) -> tuple[np.ndarray, list[FacePrediction]]:
    """Rows of ten faces 40 pixels wide, `gap` pixels apart, on white."""
    step = 40 + gap
    corners = [(20 + step * (n % 10), 60 + step * (n // 10)) for n in range(count)]
    image = np.full((120 + step * 3, 40 + step * 10, 3), 255, np.uint8)
    return image, [prediction((x, y, x + 40, y + 40)) for x, y in corners]


@pytest.mark.parametrize("gap", [20, 60])
def test_captions_of_a_crowd_hide_no_face(gap: int) -> None:
    image, faces = crowd(29, gap)
    drawn = annotate(image, faces)
    for one in faces:
        left, top, right, bottom = (round(edge) for edge in one.face.box)
        assert (drawn[top + 4 : bottom - 4, left + 4 : right - 4] == 255).all()


def test_a_crowd_with_room_has_words_and_one_without_numbers_and_a_legend() -> None:
    """Told by how much is coloured: numbers are narrow."""
    areas = []
    for gap in (20, 60):
        image, faces = crowd(29, gap)
        drawn = pixels_of(annotate(image, faces), COLOURS["surprise"])
        areas.append(drawn[: image.shape[0] - 20].sum())
        assert drawn[image.shape[0] - 20 :].any() == (gap == 20)
    assert areas[0] < 0.6 * areas[1]


def test_names_numbers_and_doubt_change_the_caption() -> None:
    image = np.zeros((300, 300, 3), np.uint8)
    faces = [prediction((100, 100, 200, 200))]
    plain = annotate(image, faces)
    names = dict(zip(LABELS, LABELS, strict=True)) | {"surprise": "überrascht"}
    for options in ({"names": names}, {"numbers": [7]}, {"uncertain_below": 0.95}):
        assert (annotate(image, faces, **options) != plain).any()
    assert (annotate(image, faces, uncertain_below=0.94) == plain).all()
