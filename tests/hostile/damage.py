"""Sound files made worse, and files that never were pictures."""

import io
import zipfile

import numpy as np

from tests.hostile.sample import SUFFIXES, Sample, Samples, encoded, portrait

# For each format; more are tried by test_fuzz.py and `make fuzz`.
FLIPPED = 12


def truncated() -> Samples:
    """Cut at every tenth of the file."""
    for kind, suffix in SUFFIXES.items():
        whole = encoded(portrait(), kind)
        for tenth in range(1, 10):
            yield Sample("truncated", f"cut-{tenth}.{suffix}", whole[: len(whole) * tenth // 10])


def flipped() -> Samples:
    """One to eight bytes of the file are others; half of them in its first kilobyte."""
    random = np.random.default_rng(7)
    for kind, suffix in SUFFIXES.items():
        whole = encoded(portrait(), kind)
        for number in range(FLIPPED):
            damaged = bytearray(whole)
            end = len(whole) if number % 2 else min(1000, len(whole))
            for place in random.integers(0, end, number % 8 + 1):
                damaged[place] = random.integers(256)
            yield Sample("flipped bytes", f"flipped-{number}.{suffix}", bytes(damaged))


def misnamed() -> Samples:
    """Each format under another's name; what a file is called says nothing of it."""
    kinds = list(SUFFIXES)
    for kind, other in zip(kinds, [*kinds[1:], kinds[0]], strict=True):
        for suffix in (SUFFIXES[other], "txt"):
            data = encoded(portrait(), kind)
            yield Sample("wrong extension", f"{kind.lower()}.{suffix}", data, True)


def no_pictures() -> Samples:
    """What people and programs send as a picture that is none."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("portrait.png", encoded(portrait(), "PNG"))
    contents = {
        "empty.jpg": b"",
        "one-byte.jpg": b"\xff",
        "zeros.jpg": bytes(5000),
        "noise.jpg": np.random.default_rng(0).bytes(5000),
        "text.png": b"This is no photograph. " * 50,
        "page.png": b"<!doctype html><img src=x onerror=alert(1)>",
        "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        "print.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
        "print.pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
        "program.png": b"\x7fELF" + bytes(500),
        "archive.png": packed.getvalue(),
        "clip.jpg": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(500),
        "album.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        "album.avif": b"\0\0\0\x18ftypavif\0\0\0\0mif1avif",
        "icon.ico": b"\0\0\1\0\1\0" + bytes(200),
    }
    for name, content in contents.items():
        yield Sample("no picture", name, content, readable=False)
