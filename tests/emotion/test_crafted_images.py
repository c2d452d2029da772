"""Small files that ask a decoder for a lot of work or memory, and floods of damaged ones.

Each of the small files once kept Pillow busy for seconds to hours, or filled the memory.
"""

import struct
import tracemalloc
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from emotion import ImageError
from emotion.image import load_image
from tests.emotion.pictures import encoded, png_chunk

PORTRAIT = Path(__file__).parents[2] / "examples" / "portrait-1.jpg"
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM", "HEIF")
MANY = 60_000  # pieces of a file: more than any picture has

# Pillow warns of some damage that it can read past.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@cache
def portrait() -> Image.Image:
    with Image.open(PORTRAIT) as image:
        return image.convert("RGB").resize((64, 64))


def png_with(name: bytes, body: bytes, count: int = MANY) -> bytes:
    """A sound PNG with so many further chunks."""
    data = encoded(portrait(), "PNG")
    start = data.index(b"IDAT") - 4
    return data[:start] + png_chunk(name, body) * count + data[start:]


def repeated_scans(count: int) -> bytes:
    """A progressive JPEG of 16 megapixels whose last scan is repeated."""
    jpeg = encoded(Image.new("L", (4000, 4000), 128), "JPEG", progressive=True)
    last = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    return jpeg[:-2] + last * count + jpeg[-2:]


def overlapping_tags(count: int, size: int) -> bytes:
    """TIFF or EXIF whose tags all hold the same bytes; read one by one they take count times."""
    start = 8 + 2 + 12 * count + 4
    tags = (struct.pack("<HHLL", 40_000 + number, 1, size, start) for number in range(count))
    return b"II*\0" + struct.pack("<LH", 8, count) + b"".join(tags) + bytes(4) + bytes(size)


def tiff_with_tile(side: int) -> bytes:
    """Nine grey pixels in a tile of that side, packed by deflate."""
    data = zlib.compress(bytes(10_000_000))
    pixels = [(256, 4, 9), (257, 4, 9), (258, 3, 8), (259, 3, 8), (262, 3, 1), (277, 3, 1)]
    tags = [*pixels, (322, 4, side), (323, 4, side), (324, 4, 400), (325, 4, len(data))]
    table = b"".join(struct.pack("<HHLL", tag, kind, 1, value) for tag, kind, value in tags)
    head = b"II*\0" + struct.pack("<LH", 8, len(tags)) + table + bytes(4)
    return head.ljust(400, b"\0") + data


def gif_with(comment: bytes) -> bytes:
    gif = encoded(portrait(), "GIF")
    colours = 13 + 3 * 2 ** ((gif[10] & 7) + 1)
    return gif[:colours] + comment + gif[colours:]


def crafted() -> dict[str, bytes]:
    jpeg = encoded(portrait(), "JPEG")
    return {
        "tags.tif": overlapping_tags(700, 1_000_000),
        "tile.tif": tiff_with_tile(32_768),
        "segments.jpg": jpeg[:2] + b"\xff\xfe\0\2" * MANY + jpeg[2:],
        "scans.jpg": repeated_scans(100),
        "comment.gif": gif_with(b"!\xfe%b\0" % ((b"\xff" + b"c" * 255) * 20_000)),
        "texts.png": png_with(b"tEXt", b"k\0v"),
        "text.ppm": b"P3 900 900 255\n" + b"#\n" * 300_000,
    }


CRAFTED = crafted()


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", CRAFTED)
def test_too_much_work_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(CRAFTED[name])
    with pytest.raises(ImageError, match=f"^{name} "):
        load_image(path)


def test_rubbish_in_exif_costs_no_picture_and_little_memory() -> None:
    data = encoded(portrait(), "PNG", exif=b"Exif\0\0" + overlapping_tags(700, 1_000_000))
    tracemalloc.start()
    assert load_image(data).shape == (64, 64, 3)
    assert tracemalloc.get_traced_memory()[1] < 10 * len(data)
    tracemalloc.stop()


def test_a_large_file_in_many_parts_is_read() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (2600, 2600, 3), np.uint8)
    data = encoded(Image.fromarray(noise), "PNG", compress_level=0)
    assert len(data) > 20_000_000
    assert data.count(b"IDAT") > 200
    assert load_image(data).shape == (2600, 2600, 3)


# Where, as a share of the file; how many bytes go; what comes instead.
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=5
)


@settings(max_examples=120, derandomize=True, database=None, deadline=None)
@given(kind=st.sampled_from(KINDS), edits=EDITS)
def test_edited_files_give_a_picture_or_a_sentence(
    kind: str, edits: list[tuple[float, int, bytes]]
) -> None:
    data = encoded(portrait(), kind)
    for share, gone, come in edits:
        place = int(share * len(data))
        data = data[:place] + come + data[place + gone :]
    try:
        outcome = str(load_image(data).shape[2:])
    except ImageError as error:
        outcome = str(error)
    assert outcome == "(3,)" or (outcome.startswith("the image ") and outcome.isprintable())
