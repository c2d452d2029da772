"""Image files without what no picture needs, and with a limit on the work they may ask for.

A few kilobytes can ask for gigabytes or hours: tags that all point at the same megabytes, comments
in a million pieces, a hundred passes over 40 megapixels. So JPEG and PNG are decoded without texts,
profiles and thumbnails, and of other formats the decoder's reads are counted.
"""

import re
from typing import IO

from emotion.types import ImageError

# Parts of a JPEG or PNG, or reads by a decoder: PNG's parts usually have 8 KB or more.
PARTS, BYTES_PER_PART = 10_000, 2048
# GIF's comments come in pieces of 255 bytes, and joining them takes the square of their number.
GIF_READS = 4_000
# Bytes read: TIFF's tags twice, and the whole file once.
TIMES_ITS_SIZE, BYTES = 4, 65_536

# Passes over a progressive JPEG: libjpeg writes 10. On 40 megapixels each takes 40 ms.
SCANS = 40
# A marker of JPEG (ITU T.81, B.1.1.2): not a stuffed 0, nor one of those that restart a scan.
MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
START, END, SCAN, EXIF, COMMENT = 0xD8, 0xD9, 0xDA, 0xE1, 0xFE
# Application data that is left out; APP0 and APP14 say which colours the numbers mean.
UNNEEDED = {*range(0xE1, 0xEE), 0xEF, COMMENT}

PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
# The entry of EXIF in the table of what a HEIF or AVIF file holds (ISO 14496-12, 8.11.6). How these
# are turned is said elsewhere in them.
EXIF_ITEM = re.compile(rb"(infe.{8}(?:..)?)Exif", re.DOTALL)


def strip_jpeg(data: bytes, subject: str) -> tuple[bytes, bool]:
    """A JPEG with no more application data than its first EXIF; and whether its end is there.

    Raises ImageError, which begins with the subject, for too many parts or passes.
    """
    kept, position, parts, scans, has_exif = [data[:2]], 2, 0, 0, False
    while found := MARKER.search(data, position):
        marker, start = found[0][-1], position
        if marker == END:
            return b"".join([*kept, data[start:]]), True
        position = found.end()
        if marker != START:
            position += int.from_bytes(data[position : position + 2])
        is_exif = marker == EXIF and data[found.end() + 2 : found.end() + 8] == b"Exif\0\0"
        if marker in UNNEEDED and (has_exif or not is_exif):
            kept.append(data[start : found.start()])
        else:
            kept.append(data[start:position])
        has_exif = has_exif or is_exif
        parts, scans = parts + 1, scans + (marker == SCAN)
        if marker == SCAN and data.find(b"\xff\xda", position) < 0:
            # The last one, most of the file: there is nothing more to look for but the end.
            break
        if scans > SCANS or parts > PARTS + len(data) // BYTES_PER_PART:
            raise too_much(subject)
    has_end = data.endswith(b"\xff\xd9") or data.find(b"\xff\xd9", position) >= 0
    return b"".join([*kept, data[position:]]), has_end


def strip_png(data: bytes, subject: str) -> bytes:
    """A PNG without texts and profile. Raises ImageError for too many parts."""
    kept, position, parts = [data[:8]], 8, 0
    while position < len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4])
        if data[position + 4 : position + 8] not in PNG_TEXTS:
            kept.append(data[position:end])
        position, parts = end, parts + 1
        if parts > PARTS + len(data) // BYTES_PER_PART:
            raise too_much(subject)
    return b"".join(kept)


def too_much(subject: str) -> ImageError:
    """What is said of a file that asks for more than any picture needs."""
    return ImageError(f"{subject} takes more work to read than a picture should")


class BoundedFile:
    """What Pillow needs of a file: read, seek, tell.

    Raises ImageError, which begins with the subject, if more is asked for than any picture needs.
    EXIF of HEIF and AVIF is withheld: Pillow copies what each of its tags points at, which grows
    with the square of its size.
    """

    def __init__(self, file: IO[bytes], subject: str) -> None:
        self._file, self._subject = file, subject
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(8)
        file.seek(0)
        self._is_boxed = head[4:] == b"ftyp"
        self._reads_left = GIF_READS if head[:3] == b"GIF" else PARTS + size // BYTES_PER_PART
        self._bytes_left = BYTES + size * TIMES_ITS_SIZE
        self.tell, self.seek = file.tell, file.seek

    def read(self, count: int = -1) -> bytes:
        """As of a file; counted."""
        block = self._file.read(count)
        self._reads_left -= 1
        self._bytes_left -= len(block)
        if min(self._reads_left, self._bytes_left) < 0:
            raise too_much(self._subject)
        return EXIF_ITEM.sub(rb"\1none", block) if self._is_boxed else block
