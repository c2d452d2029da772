"""An image file that gives its decoder no more than pictures need.

A few kilobytes can ask for gigabytes or for hours: tags that all point at the same megabytes,
comments in a million pieces, a hundred passes over 40 megapixels. Pillow reads through Python, so
what it asks for can be counted, and these files end after a fraction of a second.
"""

import re
from typing import IO

from emotion.types import ImageError

# Reads: PNG's pieces have 8 KB and take three each; pictures without pieces take some hundred.
READS, BYTES_PER_READ = 10_000, 2048
# GIF's comments come in pieces of 255 bytes, and joining them takes the square of their number.
GIF_READS = 4_000
# Bytes: TIFF's tags are read twice, and the whole file once.
TIMES_ITS_SIZE, BYTES = 4, 65_536

# Passes over a progressive JPEG: libjpeg writes 10. On 40 megapixels each takes 40 ms.
SCANS = 40
SCAN = b"\xff\xda"

EXIF_SEGMENT = b"Exif\0\0"

# The entry of EXIF in the table of what a HEIF or AVIF file holds (ISO 14496-12, 8.11.6). How these
# are turned stands elsewhere in them.
EXIF_ITEM = re.compile(rb"(infe.{8}(?:..)?)Exif", re.DOTALL)


class BoundedFile:
    """What Pillow needs of a file: read, seek, tell.

    Raises ImageError, which begins with the subject, where more is asked for than any picture
    needs. EXIF is withheld where it can be large: Pillow copies what each of its tags points at,
    which grows with the square of its size. One segment of JPEG, 64 KB, comes to 90 MB.
    """

    def __init__(self, file: IO[bytes], subject: str) -> None:
        self._file, self._subject = file, subject
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(8)
        file.seek(0)
        self._is_jpeg, self._is_boxed = head[:2] == b"\xff\xd8", head[4:] == b"ftyp"
        self._reads_left = GIF_READS if head[:3] == b"GIF" else READS + size // BYTES_PER_READ
        self._bytes_left = BYTES + size * TIMES_ITS_SIZE
        self._scans_left, self._has_exif = SCANS, False
        self.tell, self.seek = file.tell, file.seek

    def read(self, count: int = -1) -> bytes:
        """As of a file; counted."""
        block = self._file.read(count)
        self._reads_left -= 1
        self._bytes_left -= len(block)
        if self._is_jpeg:
            self._scans_left -= block.count(SCAN)
            block = self._first_exif(block)
        elif self._is_boxed:
            block = EXIF_ITEM.sub(rb"\1none", block)
        if min(self._reads_left, self._bytes_left, self._scans_left) < 0:
            raise ImageError(f"{self._subject} takes more work to read than a picture should")
        return block

    def _first_exif(self, block: bytes) -> bytes:
        """The block; a further segment of EXIF, which Pillow would append, is given as none."""
        if not block.startswith(EXIF_SEGMENT):
            return block
        hidden, self._has_exif = self._has_exif, True
        return bytes(len(block)) if hidden else block
