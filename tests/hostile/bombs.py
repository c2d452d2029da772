"""Small files that ask for a lot: of memory by what their header promises, of work by their parts.

None holds real pixels in number: each is written in no time.
"""

import struct
import zlib

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.hostile.forms import png, png_chunk
from tests.hostile.sample import Sample, Samples, encoded, portrait

# Width and height: over the limit of pixels each; the last two as much as fields of 32 bits hold.
SIZES = ((6251, 6401), (20_000, 20_000), (65_535, 65_535), (2**31 - 1, 1), (2**31 - 1, 2**31 - 1))

# Pieces of a file: more than any picture has.
MANY = 60_000


def promises() -> Samples:
    """Headers of pictures that are too large, with nothing or next to nothing behind them."""
    for width, height in SIZES:
        for suffix, write in HEADERS.items():
            if suffix in ("gif", "jpg") and max(width, height) > 0xFFFF:
                continue
            data = write(width, height)
            yield Sample("bombs: promised pixels", f"{width}x{height}.{suffix}", data, False)
    webp = _vp8x(16_384, 16_384)
    yield Sample("bombs: promised pixels", "16384x16384.webp", webp, readable=False)


def narrow() -> Samples:
    """One pixel; one row and one column of ten thousand."""
    for width, height in ((1, 1), (1, 10_000), (10_000, 1)):
        image = Image.new("RGB", (width, height), "teal")
        for kind, suffix in (("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp"), ("GIF", "gif")):
            data = encoded(image, kind)
            yield Sample("extreme sizes", f"{width}x{height}.{suffix}", data, readable=True)


def _png(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return png(head, png_chunk(b"IDAT", zlib.compress(bytes(10_000_000))))


def _gif(width: int, height: int) -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return screen + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\2\2L\1\0;"


def _bmp(width: int, height: int, compression: int = 0, data: bytes = b"") -> bytes:
    bits, start = (8, 54 + 1024) if compression else (24, 54)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, start) + info + bytes(start - 54) + data


def _ppm(width: int, height: int) -> bytes:
    return f"P6 {width} {height} 255\n".encode()


def _jpeg(width: int, height: int) -> bytes:
    data = encoded(portrait(16), "JPEG")
    size = data.index(b"\xff\xc0") + 5
    return data[:size] + struct.pack(">HH", height, width) + data[size + 4 :]


def _jpeg2000(width: int, height: int) -> bytes:
    data = encoded(portrait(16), "JPEG2000", no_jp2=True)
    size = data.index(b"\xff\x51") + 6
    return data[:size] + struct.pack(">II", width, height) + data[size + 8 :]


def _tiff(width: int, height: int, *more: tuple[int, int, int], data: bytes = b"") -> bytes:
    """Grey and packed by deflate; further tags as (number, type, value), and the packed pixels."""
    start = 400
    where = [] if any(tag == 324 for tag, _, _ in more) else [(273, 4, start), (279, 4, len(data))]
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 8), (262, 3, 1), (277, 3, 1)]
    entries = sorted([*tags, *where, *more])
    table = b"".join(struct.pack("<HHLL", tag, kind, 1, value) for tag, kind, value in entries)
    head = b"II*\0" + struct.pack("<LH", 8, len(entries)) + table + bytes(4)
    return head.ljust(start, b"\0") + data


def _vp8x(width: int, height: int) -> bytes:
    """A WebP with a large canvas, and a small picture on it."""
    small = encoded(Image.new("RGB", (8, 8)), "WEBP", lossless=True)[12:]
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    frame = bytes(6) + (7).to_bytes(3, "little") * 2 + bytes(4) + small
    chunks = (b"VP8X", b"\2\0\0\0" + canvas), (b"ANIM", bytes(6)), (b"ANMF", frame)
    body = b"".join(
        name + struct.pack("<I", len(part)) + part + bytes(len(part) % 2) for name, part in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


HEADERS = {
    "png": _png,
    "gif": _gif,
    "bmp": _bmp,
    "tif": _tiff,
    "ppm": _ppm,
    "jpg": _jpeg,
    "jp2": _jpeg2000,
}


def work() -> Samples:
    """What kept Pillow busy for seconds to hours, or filled the memory, before it was bounded."""
    for name, (data, readable) in _work().items():
        yield Sample("bombs: work and memory", name, data, readable)


def _work() -> dict[str, tuple[bytes, bool | None]]:
    """Whether the picture must be readable all the same: rubbish beside it costs nothing."""
    exif = tags_at_the_same(700, 1_000_000)
    jpeg, gif = encoded(portrait(), "JPEG"), encoded(portrait(), "GIF")
    colours = 13 + 3 * 2 ** ((gif[10] & 7) + 1)
    tile = ((322, 4, 32_768), (323, 4, 32_768), (324, 4, 400), (325, 4, 9728))
    comment = b"!\xfe%b\0"
    return {
        "tags.tif": (exif, False),
        "tile.tif": (_tiff(9, 9, *tile, data=zlib.compress(bytes(10_000_000))), False),
        "strip.tif": (_tiff(6000, 6000, data=zlib.compress(bytes(1_000_000))), False),
        "exif.jpg": (jpeg[:2] + _segments(exif) + jpeg[2:], True),
        **{
            f"exif.{suffix}": (encoded(portrait(), kind, exif=b"Exif\0\0" + exif), True)
            for kind, suffix in (("PNG", "png"), ("WEBP", "webp"), ("AVIF", "avif"))
        },
        "exif.heic": (encoded(portrait(), "HEIF", exif=b"Exif\0\0" + exif), True),
        "raw-exif.png": (encoded(portrait(), "PNG", pnginfo=_raw_exif()), True),
        "segments.jpg": (jpeg[:2] + b"\xff\xfe\0\2" * MANY + jpeg[2:], False),
        "scans.jpg": (_scans(100), False),
        "comment.gif": (
            gif[:colours] + comment % ((b"\xff" + b"c" * 255) * 20_000) + gif[colours:],
            False,
        ),
        "comments.gif": (gif[:colours] + comment % b"\1c" * MANY + gif[colours:], False),
        "parts.png": (_with_chunks(b"prVt", b""), False),
        "texts.png": (_with_chunks(b"tEXt", b"k\0v"), False),
        "idats.png": (_with_chunks(b"IDAT", b""), False),
        "unpacked.png": (
            _with_chunks(b"zTXt", b"k\0\0" + zlib.compress(bytes(900_000)), 99),
            False,
        ),
        "profile.png": (_with_chunks(b"iCCP", b"k\0\0" + zlib.compress(bytes(2**22)), 9), False),
        # Runs of BMP: down by 8 rows of 40 megapixels; rows that are never full.
        "delta.bmp": (_bmp(40_000_000, 1, 1, b"\0\2\xff\x08"), False),
        "rows.bmp": (_bmp(8000, 5000, 1, b"\1\5\0\0" * 5000), False),
        "text.ppm": (b"P3 900 900 255\n" + b"#\n" * 300_000, False),
        "depth.ppm": (b"P6 900 900 100\n" + bytes(2_430_000), False),
    }


def tags_at_the_same(count: int, size: int) -> bytes:
    """TIFF or EXIF: tags that all hold the same bytes; read one by one they take count times."""
    start = 8 + 2 + 12 * count + 4
    tags = (struct.pack("<HHLL", 40_000 + number, 1, size, start) for number in range(count))
    return b"II*\0" + struct.pack("<LH", 8, count) + b"".join(tags) + bytes(4) + bytes(size)


def _segments(exif: bytes) -> bytes:
    """EXIF in as many segments of JPEG as it takes."""
    parts = (b"Exif\0\0" + exif[at : at + 65_000] for at in range(0, len(exif), 65_000))
    return b"".join(b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part for part in parts)


def _raw_exif() -> PngInfo:
    """EXIF as ImageMagick puts it into PNG: as text in hexadecimal, packed."""
    exif = tags_at_the_same(1000, 200_000)
    info = PngInfo()
    info.add_text("Raw profile type exif", f"\nexif\n  {len(exif)}\n{exif.hex()}", zip=True)
    return info


def _scans(count: int) -> bytes:
    """A progressive JPEG of 16 megapixels whose last pass is repeated."""
    jpeg = encoded(Image.new("L", (4000, 4000), 128), "JPEG", progressive=True)
    last = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    return jpeg[:-2] + last * count + jpeg[-2:]


def _with_chunks(name: bytes, body: bytes, count: int = MANY) -> bytes:
    data = encoded(portrait(), "PNG")
    start = data.index(b"IDAT") - 4
    return data[:start] + png_chunk(name, body) * count + data[start:]


def largest() -> Samples:
    """As many pixels as are read: see-through PNG by hand, and the format that takes most."""
    head = struct.pack(">IIBBBBB", 8000, 5000, 8, 6, 0, 0, 0)
    row = b"\0" + np.tile(np.array([10, 200, 30, 99], np.uint8), 8000).tobytes()
    packer = zlib.compressobj(1)
    packed = b"".join([*(packer.compress(row) for _ in range(5000)), packer.flush()])
    yield Sample("40 megapixels", "clear.png", png(head, png_chunk(b"IDAT", packed)), True)
    clear = Image.new("RGBA", (5000, 4000), (10, 200, 30, 99))
    yield Sample("40 megapixels", "20.webp", encoded(clear, "WEBP", lossless=True, method=0), True)
