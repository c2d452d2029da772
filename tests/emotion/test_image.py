"""Files, bytes, PIL images and arrays to RGB; hostile files to one sentence."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from emotion import ImageError
from emotion.image import load_image
from tests.emotion.pictures import encoded, png_chunk

RED, BLUE, WHITE, BLACK = (255, 0, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)


def picture() -> Image.Image:
    """64 wide, 32 high: red on the left, blue on the right, the top of the left part white."""
    image = Image.new("RGB", (64, 32), BLUE)
    image.paste(RED, (0, 0, 32, 32))
    image.paste(WHITE, (0, 0, 32, 8))
    return image


def looks_like_picture(pixels: np.ndarray, tolerance: int = 40) -> bool:
    """Right size and the three colours in their places, however lossy the format."""
    where = {(4, 16): WHITE, (20, 16): RED, (16, 48): BLUE}
    return pixels.shape == (32, 64, 3) and all(
        np.abs(pixels[spot].astype(int) - colour).max() <= tolerance
        for spot, colour in where.items()
    )


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"quality": 95, "subsampling": 0}),
        ("WEBP", {"quality": 95}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("AVIF", {"quality": 95}),
        ("JPEG2000", {}),
        ("PPM", {}),
        ("HEIF", {"quality": 95}),
    ],
)
def test_formats(tmp_path: Path, kind: str, options: dict[str, object]) -> None:
    """From a path, text or Path, and from bytes; whatever the file's name says it is."""
    data = encoded(picture(), kind, **options)
    path = tmp_path / "picture.jpg"
    path.write_bytes(data)
    for source in (path, str(path), data):
        pixels = load_image(source)
        assert looks_like_picture(pixels)
        assert pixels.dtype == np.uint8
        assert pixels.flags.writeable


def exif_with(orientation: object) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


# Pillow warns of what lies too far behind the orientation to be read.
@pytest.mark.filterwarnings("ignore:Truncated File Read")
@pytest.mark.parametrize(
    ("kind", "orientation"),
    [
        *(("JPEG", n) for n in range(1, 9)),
        *((kind, 6) for kind in ["PNG", "WEBP", "TIFF", "AVIF", "HEIF"]),
    ],
)
def test_exif_orientation(kind: str, orientation: int) -> None:
    exif = exif_with(orientation)
    exif[0x9286] = b"a long comment" * (0 if kind == "JPEG" else 10_000)
    data = encoded(picture(), kind, exif=exif.tobytes())
    pixels = load_image(data)
    with Image.open(io.BytesIO(data)) as stored:
        np.testing.assert_array_equal(pixels, ImageOps.exif_transpose(stored).convert("RGB"))


def test_pil_images_are_turned_as_opened_but_not_what_was_made_of_them() -> None:
    lying = picture().transpose(Image.Transpose.ROTATE_90)
    data = encoded(lying, "JPEG", quality=95, exif=exif_with(6))
    with Image.open(io.BytesIO(data)) as opened:
        assert looks_like_picture(load_image(opened), tolerance=60)
        assert load_image(opened, use_exif=False).shape == (64, 32, 3)
        # Pillow keeps the tag.
        turned = opened.rotate(-90, expand=True)
        assert looks_like_picture(load_image(turned), tolerance=60)
        assert looks_like_picture(load_image(opened.copy(), use_exif=True), tolerance=60)
    assert load_image(data, use_exif=False).shape == (64, 32, 3)


SOUND = {
    "JPEG, FF DA in a profile": ("JPEG", {"icc_profile": b"\xff\xda\x12\x34" * 60}),
    "JPEG, many passes": ("JPEG", {"progressive": True}),
    "PNG, a large profile": ("PNG", {"icc_profile": bytes(1_500_000)}),
    "TIFF, a large profile": ("TIFF", {"icc_profile": bytes(1_500_000)}),
    "GIF, a long comment": ("GIF", {"comment": b"c" * 200_000}),
}


@pytest.mark.parametrize(("kind", "options"), SOUND.values(), ids=SOUND)
def test_sound_files_with_much_beside_the_picture(kind: str, options: dict[str, object]) -> None:
    assert looks_like_picture(load_image(encoded(picture(), kind, **options)), tolerance=60)


def test_a_png_with_a_long_packed_text() -> None:
    info = PngInfo()
    info.add_text("Comment", "c" * 2_000_000, zip=True)
    assert looks_like_picture(load_image(encoded(picture(), "PNG", pnginfo=info)))


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_lacks_only_its_end(progressive: bool) -> None:
    whole = encoded(NOISE, "JPEG", progressive=progressive)
    np.testing.assert_array_equal(load_image(whole[:-2]), load_image(whole))
    np.testing.assert_array_equal(load_image(whole[:-1]), load_image(whole))
    with pytest.raises(ImageError, match="is damaged or cut short"):
        load_image(whole[:-60])


# Pillow warns of some damage that it can read past.
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0nonsense", exif_with(9).tobytes()],
)
def test_damaged_exif_loses_no_picture(exif: bytes) -> None:
    assert looks_like_picture(load_image(encoded(picture(), "JPEG", quality=95, exif=exif)))


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("L", 100, (100, 100, 100)),
        ("RGBA", (0, 0, 0, 0), WHITE),
        ("RGBA", (0, 0, 0, 128), (127, 127, 127)),
        ("CMYK", (0, 255, 255, 0), (255, 0, 0)),
        ("I;16", 0x8000, (128, 128, 128)),
        ("I", 0x8000, (128, 128, 128)),
        ("I", 200, (200, 200, 200)),
        ("I;16", 200, (200, 200, 200)),
    ],
)
def test_pil_modes(mode: str, colour: object, expected: tuple[int, int, int]) -> None:
    pixels = load_image(Image.new(mode, (3, 2), colour))
    assert pixels.shape == (2, 3, 3)
    assert (np.abs(pixels.astype(int) - expected) <= 1).all()


def png(head: bytes, data: bytes) -> bytes:
    chunks = ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def test_16_bit_png_is_scaled_not_clipped() -> None:
    # One pixel; Pillow itself writes no 16-bit colour.
    head = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    pixels = load_image(png(head, zlib.compress(b"\0" + struct.pack(">H", 0x8040) * 3)))
    assert pixels.tolist() == [[[128, 128, 128]]]


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_first_frame_of_animations(kind: str) -> None:
    others = [Image.new("RGB", (64, 32), BLACK)] * 2
    data = encoded(picture(), kind, save_all=True, append_images=others)
    assert looks_like_picture(load_image(data))


RAMP = np.arange(2 * 3, dtype=np.uint8).reshape(2, 3)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (RAMP, np.stack([RAMP] * 3, axis=2)),
        (RAMP[..., np.newaxis], np.stack([RAMP] * 3, axis=2)),
        (np.dstack([RAMP] * 3 + [RAMP * 0]), np.full((2, 3, 3), 255)),
        (RAMP.astype(">u2") << 8, np.stack([RAMP] * 3, axis=2)),
        (RAMP.astype(np.uint16), np.stack([RAMP] * 3, axis=2)),
    ],
)
def test_arrays(array: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(load_image(array), expected)


def test_an_rgb_array_is_not_copied() -> None:
    array = np.zeros((2, 3, 3), np.uint8)
    assert load_image(array) is array


SHAPES = "the image must have shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), but has"


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((0, 0, 3), np.uint8), "the image has no pixels: it is 0x0"),
        (np.zeros((3, 4, 5), np.uint8), f"{SHAPES} (3, 4, 5)"),
        (np.zeros((2, 2, 3)), "the image must be uint8 or uint16, but is float64"),
        (
            np.broadcast_to(np.uint8(0), (8000, 5001)),
            "the image is larger than 40 megapixels: it is 5001x8000",
        ),
    ],
)
def test_arrays_that_are_no_image(array: np.ndarray, sentence: str) -> None:
    with pytest.raises(ImageError) as caught:
        load_image(array)
    assert str(caught.value) == sentence


def header_only(width: int, height: int) -> bytes:
    """A PNG that promises a picture of that size and holds none."""
    return png(struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), zlib.compress(b""))


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))

HOSTILE = {
    "empty": (b"", "is empty"),
    "text": (b"This is no photograph. " * 50, "is not an image of a kind that can be read"),
    "JPEG cut": (encoded(NOISE, "JPEG")[:-900], "is damaged or cut short"),
    "HEIC cut": (encoded(NOISE, "HEIF")[:-900], ""),
    "40.01 megapixels": (header_only(6251, 6401), "is larger than 40 megapixels: it is 6251x6401"),
    "PNG bomb": (header_only(2**31 - 1, 2**31 - 1), "is larger than 40 megapixels"),
    "floats": (encoded(Image.new("F", (4, 4), 0.5), "TIFF"), "has floating-point pixels; 8 or 16"),
    "32 bits": (encoded(Image.new("I", (4, 4), 1 << 20), "TIFF"), "has 32-bit pixels; 8 or 16"),
}


# Pillow warns of some damage that it can read past.
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("data", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_files(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], data: bytes, reason: str
) -> None:
    """One sentence that begins with the file's name and does not betray its folder."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    for source, subject in ((path, "photo.jpg"), (data, "the image")):
        with pytest.raises(ImageError) as caught:
            load_image(source)
        sentence = str(caught.value)
        assert sentence.startswith(f"{subject} {reason}")
        assert len(sentence.splitlines()) == 1
        assert str(tmp_path) not in sentence
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "{folder} is not a regular file"),
        ("missing.jpg", "missing.jpg does not exist"),
        ("line\nbreak.jpg", r"'line\nbreak.jpg' does not exist"),
        ("x" * 300, "x" * 300 + " can't be opened: File name too long"),
        ("pipe", "pipe is not a regular file"),
    ],
)
def test_paths_without_a_file(tmp_path: Path, name: str, sentence: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImageError) as caught:
        load_image(tmp_path / name)
    assert str(caught.value) == sentence.format(folder=tmp_path.name)
