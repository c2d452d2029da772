"""Anything that holds a picture to RGB uint8 (H, W, 3): the one place where files are decoded."""

import os
import struct
import zlib
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError

from emotion.types import ImageError

Pixels = npt.NDArray[np.uint8]
Source = str | os.PathLike[str] | bytes | Image.Image | npt.NDArray[np.generic]

# A 40-megapixel RGB picture is 120 MB decoded; the largest phone sensors shrink to 12 to 50.
MAX_PIXELS = 40_000_000

# A closed list: Pillow would hand others (EPS) to outside programs.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")

# Brands in the first box of a HEIF file that pillow-heif reads (ISO 23008-12, B.4).
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

# What Pillow's decoders were seen to raise on damaged files.
DECODER_ERRORS = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError),
    *(OverflowError, RuntimeError, MemoryError, struct.error, zlib.error),
)

# What undoes each value of the EXIF tag Orientation (Exif 2.32, 4.6.4 A); 1 is upright.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def load_image(source: Source) -> Pixels:
    """Decode a path, the bytes of a file, a PIL image or an array to RGB uint8 (H, W, 3).

    The picture is turned upright by its EXIF tag, transparency is laid on white, 16 bits are
    scaled to 8, and of an animation the first frame is taken. Arrays are RGB, RGBA or grey,
    uint8 or uint16, (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); one that is RGB uint8 already is
    returned as it is, not copied.

    Raises ImageError for what is missing, empty, damaged, no image, or over MAX_PIXELS. Where
    Pillow warns of a file that it can read all the same, the warning is left to the program.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        return _from_pil(source, _subject(Path(getattr(source, "filename", "")).name))
    if isinstance(source, bytes):
        return _from_file(BytesIO(source), "the image")
    return _from_path(Path(source))


def _subject(name: str) -> str:
    """How an error sentence begins; control characters in a file's name are escaped."""
    if not name:
        return "the image"
    return name if name.isprintable() else repr(name)


def _from_path(path: Path) -> Pixels:
    subject = _subject(path.name or str(path))
    try:
        if path.is_dir():
            raise ImageError(f"{subject} is a directory, not an image")
        if not path.exists():
            raise ImageError(f"{subject} does not exist")
        # A pipe or a device would block, or never end.
        if not path.is_file():
            raise ImageError(f"{subject} is not a regular file")
        with path.open("rb") as file:
            return _from_file(file, subject)
    except OSError as error:
        raise ImageError(f"{subject} can't be opened: {error.strerror}") from error


def _from_file(file: IO[bytes], subject: str) -> Pixels:
    head = file.read(12)
    if not head:
        raise ImageError(f"{subject} is empty")
    formats: tuple[str, ...] = FORMATS
    if head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS:
        _register_heif()
        formats = (*FORMATS, "HEIF")
    try:
        image = Image.open(file, formats=formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(_too_large(subject)) from error
    except UnidentifiedImageError as error:
        raise ImageError(f"{subject} is not an image of a kind that can be read") from error
    except DECODER_ERRORS as error:
        raise ImageError(f"{subject} is damaged") from error
    with image:
        return _from_pil(image, subject)


@cache
def _register_heif() -> None:
    # Here and not above: most pictures are no HEIF, and the import costs 60 ms.
    from pillow_heif import register_heif_opener  # noqa: PLC0415

    register_heif_opener()


def _from_pil(image: Image.Image, subject: str) -> Pixels:
    width, height = image.size
    _check_size(height, width, subject)
    try:
        image.load()
        rgb = _to_rgb(image, subject)
    except DECODER_ERRORS as error:
        raise ImageError(f"{subject} is damaged or cut short") from error
    turn = UPRIGHT.get(_orientation(image))
    return np.array(rgb if turn is None else rgb.transpose(turn))


def _check_size(height: int, width: int, subject: str) -> None:
    if height < 1 or width < 1:
        raise ImageError(f"{subject} has no pixels: it is {width}x{height}")
    if height * width > MAX_PIXELS:
        raise ImageError(_too_large(subject, f": it is {width}x{height}"))


def _too_large(subject: str, size: str = "") -> str:
    return f"{subject} is larger than {MAX_PIXELS // 10**6} megapixels{size}"


def _orientation(image: Image.Image) -> int:
    """The EXIF tag, 1 to 8; a damaged one turns nothing, and the picture is still read."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except DECODER_ERRORS:
        return 1
    return value if isinstance(value, int) else 1


def _to_rgb(image: Image.Image, subject: str) -> Image.Image:
    if image.mode == "F":
        raise ImageError(f"{subject} has floating-point pixels; 8 or 16 bits are needed")
    if image.mode.startswith("I"):
        image = _to_8_bits(image, subject)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    # convert() copies where there is nothing to convert.
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_8_bits(image: Image.Image, subject: str) -> Image.Image:
    """Grey of 16 bits, as Pillow keeps it in the modes I;16, I;16B and I, to 8 bits."""
    grey = np.asarray(image)
    if grey.min() < 0 or grey.max() > 0xFFFF:
        raise ImageError(f"{subject} has 32-bit pixels; 8 or 16 bits are needed")
    return Image.fromarray((grey >> 8).astype(np.uint8))


def _from_array(array: npt.NDArray[np.generic]) -> Pixels:
    subject = "the image"
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        expected = "(H, W), (H, W, 1), (H, W, 3) or (H, W, 4)"
        raise ImageError(f"{subject} must have shape {expected}, but has {array.shape}")
    if array.dtype.kind != "u" or array.dtype.itemsize > 2:
        raise ImageError(f"{subject} must be uint8 or uint16, but is {array.dtype}")
    height, width = array.shape[:2]
    _check_size(height, width, subject)
    eight_bits = _high_byte(array)
    if eight_bits.shape[2:] == (3,):
        return eight_bits
    grey_2d = eight_bits[..., 0] if eight_bits.shape[2:] == (1,) else eight_bits
    return _from_pil(Image.fromarray(grey_2d), subject)


def _high_byte(array: npt.NDArray[np.generic]) -> Pixels:
    if array.dtype.itemsize == 2:
        array = array.astype(np.uint16) >> 8
    return np.ascontiguousarray(array, np.uint8)
