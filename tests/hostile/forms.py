"""Pictures as programs and cameras write them: rare, but sound."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

from tests.hostile.sample import NOT_WRITTEN, SUFFIXES, Sample, Samples, encoded, portrait

MODES = (
    *("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB"),
    *("HSV", "I", "F", "I;16", "I;16B", "I;16L"),
)

# What undoes the EXIF orientation of a key stores a picture so that the key turns it upright.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}

OPTIONS: dict[str, list[dict[str, object]]] = {
    "JPEG": [
        *({"progressive": True}, {"quality": 1}, {"quality": 100, "subsampling": 0}),
        *({"subsampling": 2}, {"optimize": True}, {"restart_marker_rows": 1}, {"keep_rgb": True}),
    ],
    "PNG": [{"optimize": True}, {"compress_level": 0}],
    "WEBP": [{"lossless": True}, {"quality": 1}],
    "GIF": [{"interlace": 0}, {"interlace": 1}, {"comment": b"Made with care."}],
    "TIFF": [
        *({"compression": name} for name in ("raw", "tiff_lzw", "tiff_deflate", "packbits")),
        *({"compression": name} for name in ("jpeg", "lzma", "zstd", "tiff_adobe_deflate")),
        *({"big_tiff": True}, {"compression": "raw", "strip_size": 192}),
    ],
    "AVIF": [{"subsampling": "4:4:4"}, {"subsampling": "4:0:0"}, {"quality": 1}],
    "JPEG2000": [{"irreversible": True}, {"tile_size": (16, 16)}, {"no_jp2": True}],
}


def modes() -> Samples:
    """Every mode that Pillow has, in every format that can hold it."""
    small = portrait(48)
    for mode in MODES:
        image = _in_mode(small, mode)
        for kind, suffix in SUFFIXES.items():
            if (mode, kind) == ("I", "PNG"):
                # Pillow 13 writes it no more, and 12 warns of that; the others of 16 bits it does.
                continue
            try:
                data = encoded(image, kind)
            except NOT_WRITTEN:
                continue
            # Floats are refused where a format keeps them; and Pillow writes what it can't read.
            sound = None if (mode, kind) == ("YCbCr", "TIFF") or mode == "F" else True
            yield Sample("modes", f"{mode}.{suffix}".replace(";", "-"), data, sound)


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    if mode.startswith("I"):
        wide = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) << 8)
        return (
            wide if mode == "I;16" else Image.frombytes(mode, image.size, _wide_bytes(wide, mode))
        )
    if mode in ("La", "RGBa"):
        return image.convert(mode.upper()).convert(mode)
    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        return ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB")
    return image.convert("L").convert("PA") if mode == "PA" else image.convert(mode)


def _wide_bytes(image: Image.Image, mode: str) -> bytes:
    return np.asarray(image).astype({"I": "<i4", "I;16B": ">u2", "I;16L": "<u2"}[mode]).tobytes()


def options() -> Samples:
    """What writers of each format may choose."""
    for kind, choices in OPTIONS.items():
        for number, choice in enumerate(choices):
            data = encoded(portrait(), kind, **choice)
            yield Sample("options", f"{number}.{SUFFIXES[kind]}", data, True)
    bilevel = portrait().convert("1")
    for name in ("group3", "group4", "tiff_ccitt"):
        yield Sample("options", f"{name}.tif", encoded(bilevel, "TIFF", compression=name), True)


def orientations() -> Samples:
    """Turned and mirrored as EXIF's tag says, 1 to 8; and what it must not say."""
    for tag in (*STORED, 0, 9, 65535):
        for kind in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"):
            data = turned(portrait(), kind, tag)
            yield Sample("orientation", f"turned-{tag}.{SUFFIXES[kind]}", data, True)


def turned(image: Image.Image, kind: str, tag: int) -> bytes:
    """A file that holds the image as a camera held in that way stores it, and the tag."""
    exif, turn = Image.Exif(), STORED.get(tag)
    exif[0x0112] = tag
    stored = image if turn is None else image.transpose(turn)
    # Not written in full by PNG and its like where there is nothing in it but an odd tag.
    return encoded(stored, kind, exif=exif.tobytes())


def profiles() -> Samples:
    """ICC profiles: sound, of other colour spaces, none at all, and large."""
    known = {
        name: ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()
        for name in ("sRGB", "LAB", "XYZ")
    }
    rubbish = {"empty": b"\0", "noise": b"profile" * 9, "large": bytes(300_000)}
    for name, profile in (known | rubbish).items():
        for kind in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF"):
            data = encoded(portrait(), kind, icc_profile=profile)
            yield Sample("ICC profiles", f"{name}.{SUFFIXES[kind]}", data, True)


def animations() -> Samples:
    """GIF, WebP, APNG, AVIF sequences, TIFF of many pages, and pairs of JPEG (MPO)."""
    first, others = portrait(), [Image.new("RGB", (64, 64), shade) for shade in ("red", "blue")]
    for kind in ("GIF", "WEBP", "PNG", "TIFF", "AVIF", "MPO"):
        for count in (1, 2):
            data = encoded(first, kind, save_all=True, append_images=others[:count])
            yield Sample("animated", f"{count}.{SUFFIXES.get(kind, 'jpg')}", data, True)
    larger = encoded(first, "TIFF", save_all=True, append_images=[Image.new("L", (999, 9))])
    yield Sample("animated", "unequal-pages.tif", larger, True)


def four_colours() -> Samples:
    """JPEG for printers: CMYK, and YCCK, which differs in one byte of Adobe's segment."""
    for number, choice in enumerate(({}, {"progressive": True}, {"quality": 100})):
        cmyk = encoded(portrait().convert("CMYK"), "JPEG", **choice)
        yield Sample("CMYK and YCCK", f"cmyk-{number}.jpg", cmyk, True)
        transform = cmyk.index(b"Adobe") + 11
        for name, value in (("ycck", b"\2"), ("unknown", b"\7")):
            data = cmyk[:transform] + value + cmyk[transform + 1 :]
            yield Sample("CMYK and YCCK", f"{name}-{number}.jpg", data, True)
    yield Sample("CMYK and YCCK", "cmyk.tif", encoded(portrait().convert("CMYK"), "TIFF"), True)


# Colour type of PNG: values a pixel (RFC 2083, 4.1.1).
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
# Adam7: first column and row of each pass, and the steps (RFC 2083, 2.6).
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))


def png_kinds() -> Samples:
    """Every colour type and depth that PNG has, plain and interlaced."""
    for colour, depths in DEPTHS.items():
        for depth in depths:
            for interlaced in (False, True):
                name = f"{colour}-{depth}{'-interlaced' * interlaced}.png"
                yield Sample("PNG kinds", name, _png_kind(colour, depth, interlaced), True)


def _png_kind(colour: int, depth: int, interlaced: bool, side: int = 16) -> bytes:
    head = struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, interlaced)
    bits = depth * CHANNELS[colour]
    passes = (*PASSES, (0, 1, 1, 2)) if interlaced else ((0, 0, 1, 1),)
    rows = io.BytesIO()
    for left, top, across, down in passes:
        columns = len(range(left, side, across))
        for _ in range(top, side, down):
            rows.write(b"\0" + bytes(value % 251 for value in range(-(-columns * bits // 8))))
    palette = png_chunk(b"PLTE", bytes(3 * 2**depth)) if colour == 3 else b""
    return png(head, palette + png_chunk(b"IDAT", zlib.compress(rows.getvalue())))


def png_chunk(name: bytes, body: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(head: bytes, body: bytes) -> bytes:
    """A PNG of a header's content and whole chunks."""
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + body + png_chunk(b"IEND", b"")
