"""Videos to frames with their times: the one place where videos are decoded."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from emotion.image import Pixels, name_of, open_regular
from emotion.types import VideoError

# What of a video was not read: nothing, what lies beyond a limit, what the header promises and the
# file lacks, or parts that could not be decoded, or not well.
Missing = Literal["nothing", "beyond", "absent", "damaged"]

# Closed lists: FFmpeg knows playlists that open other files, and decoders that nobody maintains.
FORMATS = "mov,matroska,avi,mpegts,mpeg,mpegvideo"
CODECS = (
    *("h264", "hevc", "vp8", "vp9", "libdav1d", "mpeg4", "mjpeg", "prores"),
    *("mpeg2video", "mpeg1video", "h263"),
)

# 4K, and its bytes in 4:2:0 with 10 bits; a decoder may keep 16 such frames (H.264, A.3.1).
# Anything larger is refused before memory is taken for it.
MAX_PIXELS = 3840 * 2160
MAX_FRAME = 3 * MAX_PIXELS

# Wide enough for a laptop's screen; faces are found on a smaller copy still.
LONGEST_SIDE = 1280

# After so many packets in a row without a picture, the rest is taken to be damaged too.
MAX_DAMAGED = 300

# A header that is wrong by no more seconds was rounded.
TOLERANCE = 1.0

OPTIONS = {
    "format_whitelist": FORMATS,
    "codec_whitelist": ",".join(CODECS),
    # None: whatever the video refers to is not opened.
    "protocol_whitelist": "none",
}


class Frame(NamedTuple):
    """A decoded frame, and when it is shown: seconds after the first."""

    seconds: float
    decoded: VideoFrame


class Video:
    """An open video; made by `open_video`.

    size_wh is that of `picture`: upright, even, no side over LONGEST_SIDE. source_wh is the
    upright size before shrinking. claimed_seconds is the length by the header, which may be wrong,
    or None. seconds is how far it was read: the end of the latest frame.
    """

    def __init__(self, container: InputContainer, stream: VideoStream, name: str) -> None:
        self._damaged = False
        self.seconds = 0.0
        picture = _seconds(stream.duration, stream.time_base)
        whole = _seconds(container.duration, Fraction(1, av.time_base))
        self.claimed_seconds = picture or whole
        # The length of a file is not that of its picture: sound may go on longer.
        self._promised = picture or (whole if len(container.streams) == 1 else None) or 0.0
        self._rate = stream.average_rate
        frames = self._decoded(container, stream)
        # The first frame, not the header, says how large they are.
        first = next(frames, None)
        if first is None:
            problem = "has no frame that can be read: it is damaged, or larger than 4K"
            raise VideoError(f"{name} {problem}")
        self._frames = chain([first], frames)
        # Quarter turns against the clock; cameras write no others.
        self._turns = round(first.rotation / 90) % 4
        wide = first.width * float(stream.sample_aspect_ratio or 1)
        width, height = (first.height, wide) if self._turns % 2 else (wide, first.height)
        shrink = min(1.0, LONGEST_SIDE / max(width, height))
        self.source_wh = (round(width), round(height))
        self.size_wh = (_even(width * shrink), _even(height * shrink))

    def frames(self) -> Iterator[Frame]:
        """The frames, once, with times that always grow. Parts that can't be decoded are left out.

        Times start at 0. Where the video gives none, or one that does not grow, the usual step is
        taken.
        """
        usual = float(1 / self._rate) if self._rate else 0.04
        seconds, before = 0.0, None
        for frame in self._frames:
            self._damaged |= frame.is_corrupt
            stamp = None if frame.pts is None else frame.time
            if before is not None:
                step = 0.0 if stamp is None else stamp - before
                seconds += step if step > 0 else usual
            before = seconds if stamp is None else stamp
            self.seconds = seconds + (_seconds(frame.duration, frame.time_base) or usual)
            yield Frame(seconds, frame)

    @property
    def missing(self) -> Missing:
        """What of it, read to its end, is not there."""
        if self._damaged:
            return "damaged"
        return "absent" if self._promised - self.seconds > TOLERANCE else "nothing"

    def picture(self, frame: Frame) -> Pixels:
        """The frame as RGB uint8 (H, W, 3), upright and of size_wh."""
        width, height = self.size_wh[::-1] if self._turns % 2 else self.size_wh
        rgb = frame.decoded.reformat(width, height, "rgb24").to_ndarray()
        return np.ascontiguousarray(np.rot90(rgb, self._turns), np.uint8)

    def _decoded(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        missed = 0
        packets = container.demux(stream)
        while missed < MAX_DAMAGED:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                frames = packet.decode()
            except FFmpegError:
                self._damaged = True
                missed += 1
                continue
            if frames:
                missed = 0
            yield from frames


@contextmanager
def open_video(path: Path) -> Iterator[Video]:
    """The video at a path, its first frame decoded.

    Raises VideoError if it is missing, empty, has no picture, or is of a kind that is not read.
    """
    name = name_of(path)
    with open_regular(path, VideoError) as file:
        try:
            limits = OPTIONS | {"max_pixels": str(MAX_PIXELS)}
            container = av.open(file, "r", options=limits, metadata_errors="replace")
        except (FFmpegError, OSError) as error:
            problem = "is damaged, or not a video of a kind that can be read"
            raise VideoError(f"{name} {problem}") from error
        with container:
            yield Video(container, _video_stream(container, name), name)


def _video_stream(container: InputContainer, name: str) -> VideoStream:
    stream = container.streams.best("video")
    # The cover of a song is a video of one frame.
    if not isinstance(stream, VideoStream) or stream.disposition & Disposition.attached_pic:
        raise VideoError(f"{name} has no video in it")
    codec = stream.codec_context
    if codec is None or codec.name not in CODECS:
        kind = "an unknown codec" if codec is None else codec.name
        raise VideoError(f"{name} is compressed by {kind}, which can't be read")
    codec.options = {"max_pixels": str(MAX_PIXELS)}
    # Two threads for the two cores of a Space; each holds frames of its own, so that of large ones
    # there is one.
    stream.thread_type = "AUTO"
    codec.thread_count = 2 if _checked_frame(codec, name) <= MAX_FRAME // 2 else 1
    return stream


def _checked_frame(codec: VideoCodecContext, name: str) -> float:
    """Bytes of a frame by the header; 0 where it does not say."""
    bits = codec.format.padded_bits_per_pixel if codec.format else 0
    pixels = codec.width * codec.height
    if pixels > MAX_PIXELS or pixels * bits / 8 > MAX_FRAME:
        size_wh = f"{codec.width}x{codec.height}"
        kind = f"{size_wh} in {codec.pix_fmt}" if codec.format else size_wh
        raise VideoError(f"{name} is {kind}; at most 3840x2160 in yuv420p10 is read")
    return pixels * bits / 8


def _seconds(ticks: int | None, base: Fraction | None) -> float | None:
    return float(ticks * base) if ticks and base else None


def _even(side: float) -> int:
    """H.264 halves the colours' resolution, so sides must be even."""
    return max(2, round(side / 2) * 2)
