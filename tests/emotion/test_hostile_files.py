"""The corpus of tests/hostile, read in a process of its own; pictures that must turn upright."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion import EmotionRecognizer, ImageError
from emotion.image import MAX_EXIF, load_image
from tests.hostile import forms
from tests.hostile.corpus import expected, read_in_child, write
from tests.hostile.sample import encoded, portrait

Ends = list[dict[str, object]]

# Of the process that reads them, its models included.
MEGABYTES = 600


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept-to-itself")


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def ends(folder: Path, temporary: Path) -> Ends:
    """How each ended. A crash, or one that took half a minute, is an error here."""
    entries = write(folder)
    found = read_in_child(folder, temporary)
    assert len(found) == len(entries) > 600
    return found


def test_every_input_ends_in_a_picture_or_a_sentence(ends: Ends) -> None:
    assert [end for end in ends if not expected(end)] == []


def test_every_class_is_there(ends: Ends) -> None:
    assert len({end["kind"] for end in ends}) == 16
    assert {end["ended"] for end in ends} == {"picture", "sentence"}


def test_a_sentence_is_one_line_that_names_the_file_and_not_where_it_lies(
    ends: Ends, folder: Path
) -> None:
    refused = [end for end in ends if end["ended"] == "sentence"]
    assert len(refused) > 200
    for end in refused:
        subjects = ("the image ", f"{end['name']} ")
        for sentence in end["sentences"]:
            assert sentence.startswith(subjects), sentence
            assert sentence.isprintable(), sentence
            assert str(folder) not in sentence
            assert folder.name not in sentence


def test_no_input_takes_more_memory_than_there_is(ends: Ends) -> None:
    assert max(ends, key=lambda end: end["megabytes"])["megabytes"] < MEGABYTES


def test_no_file_is_left(ends: Ends, temporary: Path) -> None:
    assert ends
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("tag", forms.STORED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_a_face_is_turned_upright(kind: str, tag: int) -> None:
    upright = portrait(96)
    pixels = load_image(forms.turned(upright, kind, tag))
    assert np.abs(np.subtract(pixels, upright, dtype=int)).mean() < 4
    # Turned in any other way it is no such picture.
    assert np.abs(np.subtract(pixels[::-1], upright, dtype=int)).mean() > 20


def test_a_turned_face_is_found_and_classified_as_the_upright_one(tiny_model: Path) -> None:
    recognizer = EmotionRecognizer(tiny_model, detector="mtcnn")
    upright = portrait(200)
    (expected_face,) = recognizer.recognize(encoded(upright, "PNG"))
    for tag in forms.STORED:
        (face,) = recognizer.recognize(forms.turned(upright, "PNG", tag))
        assert face == expected_face, tag


def test_what_is_larger_than_exif_can_be_turns_nothing() -> None:
    sound = forms.turned(portrait(), "PNG", 3)
    np.testing.assert_array_equal(load_image(sound), np.asarray(portrait()))
    exif = Image.Exif()
    exif[0x0112], exif[0x9286] = 3, bytes(MAX_EXIF)
    large = encoded(portrait(), "PNG", exif=exif.tobytes())
    np.testing.assert_array_equal(load_image(large), np.asarray(portrait()))


def test_further_exif_of_a_jpeg_is_passed_over() -> None:
    """The first segment turns the picture; Pillow would read a second one with it."""
    turned = forms.turned(portrait(), "JPEG", 6)
    start = turned.index(b"\xff\xe1")
    end = start + 2 + int.from_bytes(turned[start + 2 : start + 4])
    twice = turned[:end] + turned[start:end] + turned[end:]
    np.testing.assert_array_equal(load_image(twice), load_image(turned))


@pytest.mark.parametrize(
    ("kind", "size_wh", "sentence"),
    [
        ("AVIF", (6001, 5000), "the image is larger than 30 megapixels: it is 6001x5000"),
        ("WEBP", (5001, 4000), "the image is larger than 20 megapixels: it is 5001x4000"),
        ("JPEG2000", (4001, 3000), "the image is larger than 12 megapixels: it is 4001x3000"),
    ],
)
def test_limits_of_some_formats(kind: str, size_wh: tuple[int, int], sentence: str) -> None:
    image = Image.new("L", size_wh)
    image.format = kind
    with pytest.raises(ImageError) as caught:
        load_image(image)
    assert str(caught.value) == sentence


def test_bands_of_rows_make_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    clear = np.random.default_rng(0).integers(0, 256, (37, 50, 4), np.uint8)
    whole = load_image(clear)
    # Rows that a band does not divide, and one row that is longer than a band.
    for band in (7 * 50, 49):
        monkeypatch.setattr("emotion.image.BAND", band)
        np.testing.assert_array_equal(load_image(clear), whole)


def test_a_large_file_in_many_parts_is_read() -> None:
    """PNG in parts of 8 KB, as libpng writes it: 20 MB come to 8000 reads."""
    side = 2600
    rows = (b"\0" + np.random.default_rng(0).bytes(3 * side)) * side
    packed = zlib.compress(rows, 0)
    assert len(packed) > 20_000_000
    parts = (packed[start : start + 8192] for start in range(0, len(packed), 8192))
    body = b"".join(forms.png_chunk(b"IDAT", part) for part in parts)
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    assert load_image(forms.png(head, body)).shape == (side, side, 3)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("comment.gif", "takes more work to read than a picture should"),
        ("scans.jpg", "takes more work to read than a picture should"),
        ("parts.png", "takes more work to read than a picture should"),
        ("tags.tif", "takes more work to read than a picture should"),
        ("tile.tif", "has too large tiles: they are 32768x32768"),
        ("delta.bmp", "is a rare form of BMP: save it as PNG or JPEG"),
        ("text.ppm", "is a rare form of PPM: save it as PNG or JPEG"),
    ],
)
def test_what_is_too_much_says_so(ends: Ends, name: str, reason: str) -> None:
    (end,) = (end for end in ends if end["name"] == name)
    assert end["sentences"] == [f"{name} {reason}", f"the image {reason}"]
