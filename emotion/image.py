"""Anything that holds a picture to RGB uint8 (H, W, 3): the one place where files are decoded."""

import os
import struct
import zlib
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageFile, TiffImagePlugin, UnidentifiedImageError

from emotion.bounded import BoundedFile, strip_jpeg, strip_png
from emotion.types import EmotionError, ImageError, shown

Pixels = npt.NDArray[np.uint8]
Source = str | os.PathLike[str] | bytes | Image.Image | npt.NDArray[np.generic]

# A 40-megapixel RGB picture is 120 MB decoded; the largest phone sensors shrink to 12 to 50.
MAX_PIXELS = 40_000_000
# Less where the decoder takes more memory or time a pixel, so that none takes 600 MB, or more than
# two seconds of a core: 40 megapixels take 800 MB as WebP, and six seconds as JPEG 2000.
MAX_PIXELS_OF = {"AVIF": 30_000_000, "WEBP": 20_000_000, "JPEG2000": 12_000_000}
# A tile of TIFF is held as a whole, however small the picture; usual ones have 512x512.
MAX_TILE = 2048 * 2048

MAX_EXIF = 65_536

# Rows are converted so many pixels at a time: the copies on the way stay small.
BAND = 1_000_000

# What is put where a JPEG lacks its end. If only the end is missing, the data before it, which
# differ, change no pixel.
JPEG_ENDS = (b"\xff\xd9", b"\x55" * 64 + b"\xff\xd9")

# A closed list: Pillow would hand others (EPS) to outside programs.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")

# Brands in the first box of a HEIF file that pillow-heif reads (ISO 23008-12, B.4).
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

# What Pillow's decoders were seen to raise on damaged files.
DECODER_ERRORS = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError),
    *(OverflowError, RuntimeError, MemoryError, struct.error, zlib.error),
)

# What undoes each value of the EXIF tag Orientation (Exif 2.32, 4.6.4 A), 1 being upright: whether
# rows become columns, then the order of rows and of columns.
UPRIGHT = {
    **{2: (False, 1, -1), 3: (False, -1, -1), 4: (False, -1, 1)},
    **{5: (True, 1, 1), 6: (True, 1, -1), 7: (True, -1, -1), 8: (True, -1, 1)},
}


def load_image(source: Source, *, use_exif: bool | None = None) -> Pixels:
    """Decode a path, the bytes of a file, a PIL image or an array to RGB uint8 (H, W, 3).

    Transparency is laid on white, and of an animation the first frame is taken. Arrays are RGB,
    RGBA or grey, uint8 or uint16, (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); one that is RGB uint8
    already is returned as it is, not copied. Values of 16 bits (uint16, PIL's modes I and I;16) are
    0 to 65535, or 0 to 255 if none is larger.

    Pictures are turned upright by their EXIF tag. With use_exif None, that is done for files and
    for PIL images as they were opened, but not for what an operation (rotate, convert, copy) made
    of them: it may have been turned already, and still have the tag. True and False decide.

    Raises ImageError for what is missing, empty, damaged, no image, or over MAX_PIXELS. If Pillow
    warns of a file that it can read all the same, the warning is left to the program.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        turn = isinstance(source, ImageFile.ImageFile) if use_exif is None else use_exif
        name = Path(getattr(source, "filename", "")).name
        return _from_pil(source, shown(Path(name)) if name else "the image", turn)
    turn = use_exif is not False
    if isinstance(source, bytes):
        return _from_file(BytesIO(source), "the image", turn)
    path = Path(source)
    with open_regular(path, ImageError) as file:
        return _from_file(file, name_of(path), turn)


def name_of(path: Path) -> str:
    """How a sentence about a file begins: without its folder."""
    return shown(Path(path.name or path))


def open_regular(path: Path, error: type[EmotionError]) -> IO[bytes]:
    """The file at a path, opened to be read. Raises that error, in one sentence."""
    name = name_of(path)
    try:
        if not path.exists():
            raise error(f"{name} does not exist")
        # A pipe or a device would block, or never end.
        if not path.is_file():
            raise error(f"{name} is not a regular file")
        return path.open("rb")
    except OSError as failure:
        raise error(f"{name} can't be opened: {failure.strerror}") from failure


def _from_file(file: IO[bytes], subject: str, turn: bool) -> Pixels:
    head = file.read(12)
    if not head:
        raise ImageError(f"{subject} is empty")
    file.seek(0)
    if head.startswith(b"\x89PNG"):
        return _decode(BytesIO(strip_png(file.read(), subject)), subject, FORMATS, turn)
    if head.startswith(b"\xff\xd8"):
        jpeg, is_whole = strip_jpeg(file.read(), subject)
        ends = (b"",) if is_whole else JPEG_ENDS
        jpeg = jpeg if is_whole else jpeg.removesuffix(b"\xff")  # half of the end
        pixels, *others = (_decode(BytesIO(jpeg + end), subject, FORMATS, turn) for end in ends)
        if not all(np.array_equal(pixels, other) for other in others):
            raise ImageError(f"{subject} is damaged or cut short")
        return pixels
    formats: tuple[str, ...] = FORMATS
    if head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS:
        _register_heif()
        formats = (*FORMATS, "HEIF")
    return _decode(BoundedFile(file, subject), subject, formats, turn)


def _decode(
    file: BytesIO | BoundedFile, subject: str, formats: tuple[str, ...], turn: bool
) -> Pixels:
    try:
        # Bounded files have what Pillow asks for, and not all that files have.
        image = Image.open(file, formats=formats)  # type: ignore[arg-type]
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"{subject} is larger than {MAX_PIXELS // 10**6} megapixels") from error
    except UnidentifiedImageError as error:
        raise ImageError(f"{subject} is not an image of a kind that can be read") from error
    except DECODER_ERRORS as error:
        raise ImageError(f"{subject} is damaged") from error
    with image:
        return _from_pil(image, subject, turn)


@cache
def _register_heif() -> None:
    # Here and not above: most pictures are no HEIF, and the import costs 60 ms.
    from pillow_heif import register_heif_opener  # noqa: PLC0415

    register_heif_opener()


def _from_pil(image: Image.Image, subject: str, turn: bool) -> Pixels:
    width, height = image.size
    _check_size(height, width, subject, image.format)
    try:
        _check_decoder(image, subject)
        image.load()
        pixels = _to_pixels(image, subject)
    except DECODER_ERRORS as error:
        raise ImageError(f"{subject} is damaged or cut short") from error
    return _turned(pixels, _orientation(image)) if turn else pixels


def _check_size(height: int, width: int, subject: str, kind: str | None = None) -> None:
    if height < 1 or width < 1:
        raise ImageError(f"{subject} has no pixels: it is {width}x{height}")
    most = MAX_PIXELS_OF.get(kind or "", MAX_PIXELS)
    if height * width > most:
        size = f"it is {width}x{height}"
        raise ImageError(f"{subject} is larger than {most // 10**6} megapixels: {size}")


def _check_decoder(image: Image.Image, subject: str) -> None:
    """Refuses what a few bytes can keep busy for hours, or fill the memory with."""
    # Those written in Python: compressed BMP, and PPM as text or of unusual depth.
    if any(tile[0] in Image.DECODERS for tile in getattr(image, "tile", ())):
        raise ImageError(f"{subject} is a rare form of {image.format}: save it as PNG or JPEG")
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        tags = (TiffImagePlugin.TILEWIDTH, TiffImagePlugin.TILELENGTH)
        width, height = (image.tag_v2.get(tag, 0) for tag in tags)
        if width * height > MAX_TILE:
            raise ImageError(f"{subject} has too large tiles: they are {width}x{height}")


def _orientation(image: Image.Image) -> int:
    """The EXIF tag, 1 to 8; a damaged one turns nothing, and the picture is still read."""
    tags: Any = getattr(image, "tag_v2", None)  # of TIFF
    try:
        if tags is None:
            tags = Image.Exif()
            # No more than a JPEG can hold: Pillow copies what every tag points at, which may be all
            # the same. The orientation stands at the beginning.
            tags.load(image.info.get("exif", b"")[:MAX_EXIF])
        return int(tags.get(ExifTags.Base.Orientation, 1))
    except DECODER_ERRORS:
        return 1


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    if orientation not in UPRIGHT:
        return pixels
    lying, rows, columns = UPRIGHT[orientation]
    upright = pixels.swapaxes(0, 1) if lying else pixels
    return np.ascontiguousarray(upright[::rows, ::columns])


def _to_pixels(image: Image.Image, subject: str) -> Pixels:
    if image.mode.startswith("I"):
        image = _to_8_bits(image, subject)
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    rows = -(-BAND // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        band = image if rows >= height else image.crop((0, top, width, bottom))
        pixels[top : top + rows] = np.asarray(_to_rgb(band, subject))
    return pixels


def _to_rgb(image: Image.Image, subject: str) -> Image.Image:
    if image.mode == "F":
        raise ImageError(f"{subject} has floating-point pixels; 8 or 16 bits are needed")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    # convert() copies where there is nothing to convert.
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_8_bits(image: Image.Image, subject: str) -> Image.Image:
    """Grey as Pillow keeps it in the modes I;16, I;16B and I, to 8 bits."""
    grey = np.asarray(image)
    if grey.min() < 0 or grey.max() > 0xFFFF:
        raise ImageError(f"{subject} has 32-bit pixels; 8 or 16 bits are needed")
    return Image.fromarray(_high_byte(grey))


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
    return _from_pil(Image.fromarray(grey_2d), subject, turn=False)


def _high_byte(array: npt.NDArray[Any]) -> Pixels:
    if array.dtype.itemsize > 1 and array.max() > 0xFF:
        array = array >> 8
    return np.ascontiguousarray(array, np.uint8)
