"""Video clips to frames with their times: the one place where clips are decoded."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import IO, NamedTuple, TypeVar

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from emotion.cli.inputs import shown
from emotion.image import Pixels
from emotion.memory import resident_bytes, return_freed
from emotion.types import VideoError

Number = TypeVar("Number", int, float)

# Closed lists: FFmpeg knows playlists that open other files, and decoders that nobody tends.
FORMATS = "mov,matroska,avi,mpegts"
CODECS = ("h264", "hevc", "vp8", "vp9", "libdav1d", "mpeg4", "mjpeg", "prores", "mpeg2video")

# 4K, and the bytes of it in 4:2:0 with 10 bits. Refused before memory is taken for more.
MAX_PIXELS = 3840 * 2160
MAX_FRAME = 3 * MAX_PIXELS

# Bytes by which the process may grow while a clip is read, film and networks included. A clip has
# its decoder keep up to 16 frames (H.264, A.3.1), and no header that is at hand here says how many.
# Measured with 4K: 385 MB as x265's slowest usual setting writes 10 bits; 450 MB with 16 frames of
# 8 bits, and 660 MB with as many of 10 bits, which both are refused.
MAX_GROWTH = 430_000_000

# Wide enough for a laptop's screen; faces are found on a smaller copy still.
LONGEST_SIDE = 1280

# Packets in a row that give no picture: after that many the rest is taken to be damaged too.
MAX_DAMAGED = 300

OPTIONS = {
    "format_whitelist": FORMATS,
    "codec_whitelist": ",".join(CODECS),
    # None: whatever the clip refers to is not opened.
    "protocol_whitelist": "none",
}


class Moment(NamedTuple):
    """A decoded frame, and when it is shown: seconds after the first."""

    seconds: float
    frame: VideoFrame


class Clip:
    """An open clip; made by `open_clip`.

    size_wh is that of `picture`: upright, even, no side over LONGEST_SIDE. source_wh is the
    upright size before shrinking. claimed_seconds is what the header says of the length, and may
    be anything; None where it says nothing. `damaged` once a part could not be decoded, or not
    well.
    """

    def __init__(self, container: InputContainer, stream: VideoStream, name: str) -> None:
        self.name = name
        self.claimed_seconds = _claimed_seconds(container, stream)
        self.damaged = False
        frames = self._decoded(container, stream)
        self._rate = stream.average_rate
        # The first frame, and not the header, says how large they are.
        first = next(frames, None)
        if first is None:
            problem = "has no frame that can be read: it is damaged, or larger than 4K"
            raise VideoError(f"{name} {problem}")
        # Not kept beyond its turn: of 4K it has 28 MB.
        self._frames = chain([first], frames)
        # Quarter turns against the clock; cameras write no others.
        self._turns = round(first.rotation / 90) % 4
        wide = first.width * _pixel_aspect(stream.sample_aspect_ratio)
        width, height = self._turned((wide, first.height))
        shrink = min(1.0, LONGEST_SIDE / max(width, height))
        self.source_wh = (round(width), round(height))
        self.size_wh = (_even(width * shrink), _even(height * shrink))

    def moments(self) -> Iterator[Moment]:
        """The frames, once, in the order of their times, which always grow.

        Parts that can't be decoded are left out.
        """
        clock = _Clock(self._rate)
        for frame in self._frames:
            self.damaged |= frame.is_corrupt
            yield Moment(clock.seconds(frame), frame)

    def picture(self, frame: VideoFrame) -> Pixels:
        """The frame as RGB uint8 (H, W, 3), upright and of size_wh."""
        width, height = self._turned(self.size_wh)
        rgb = frame.reformat(width, height, "rgb24").to_ndarray()
        return np.ascontiguousarray(np.rot90(rgb, self._turns), np.uint8)

    def _turned(self, size_wh: tuple[Number, Number]) -> tuple[Number, Number]:
        """The size after the turn that makes the frame upright, or before it: it is the same."""
        return (size_wh[1], size_wh[0]) if self._turns % 2 else size_wh

    def _decoded(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        missed = 0
        packets = container.demux(stream)
        before = resident_bytes()
        while missed < MAX_DAMAGED:
            # Before there is too much: the next packet may add the frame to come, and one to keep.
            if resident_bytes() - before + 2 * _frame_bytes(stream.codec_context) > MAX_GROWTH:
                problem = "needs too much memory: its decoder must keep too many large frames"
                raise VideoError(f"{self.name} {problem}")
            try:
                packet = next(packets, None)
                frames = None if packet is None else packet.decode()
            except FFmpegError:
                self.damaged = True
                missed += 1
                continue
            if frames is None:
                return
            if frames:
                missed = 0
            yield from frames


class _Clock:
    """Times of frames that start at 0 and grow, whatever the clip says."""

    def __init__(self, rate: Fraction | None) -> None:
        # 25 a second where the clip gives none, or none that can be.
        self._usual = float(1 / rate) if rate and 1 <= rate <= 1000 else 0.04
        self._before: float | None = None
        self._now = 0.0

    def seconds(self, frame: VideoFrame) -> float:
        stamp = None if frame.pts is None else frame.time
        if self._before is not None:
            step = 0.0 if stamp is None else stamp - self._before
            self._now += step if step > 0 else self._usual
        self._before = self._now if stamp is None else stamp
        return self._now


@contextmanager
def open_clip(path: Path) -> Iterator[Clip]:
    """The clip at a path, its first frame decoded.

    Raises VideoError where it is missing, empty, without a picture, or none that can be read.
    """
    with _open_file(path) as file:
        name = shown(Path(path.name))
        # The frames of a clip that failed were freed only after the error had been dealt with.
        return_freed()
        limits = {"max_pixels": str(MAX_PIXELS)}
        try:
            container = av.open(file, "r", options=OPTIONS | limits, metadata_errors="replace")
        except FFmpegError as error:
            problem = "is damaged, or not a video of a kind that can be read"
            raise VideoError(f"{name} {problem}") from error
        try:
            with container:
                yield Clip(container, _video_stream(container, name), name)
        finally:
            return_freed()


def _open_file(path: Path) -> IO[bytes]:
    name = shown(Path(path.name) if path.name else path)
    try:
        if path.is_dir():
            raise VideoError(f"{name} is a directory, not a video")
        if path.exists() and not path.is_file():
            # A pipe or a device would block, or never end.
            raise VideoError(f"{name} is not a regular file")
        if path.is_file() and path.stat().st_size == 0:
            raise VideoError(f"{name} is empty")
        return path.open("rb")
    except FileNotFoundError as error:
        raise VideoError(f"{name} does not exist") from error
    except OSError as error:
        raise VideoError(f"{name} can't be opened: {error.strerror}") from error


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
    # Two for the two cores of a Space; each holds frames of its own.
    stream.thread_type = "AUTO"
    codec.thread_count = 2 if _checked_frame(codec, name) <= MAX_FRAME // 2 else 1
    return stream


def _checked_frame(codec: VideoCodecContext, name: str) -> float:
    """Bytes of a frame, as the header has it; 0 where it does not say."""
    pixels, frame = codec.width * codec.height, _frame_bytes(codec)
    if pixels > MAX_PIXELS or frame > MAX_FRAME:
        size_wh = f"{codec.width}x{codec.height}"
        kind = f"{size_wh} in {codec.pix_fmt}" if codec.format else size_wh
        raise VideoError(f"{name} is {kind}, and 3840x2160 in yuv420p10 is the most that is read")
    return frame


def _frame_bytes(codec: VideoCodecContext) -> float:
    bits = codec.format.padded_bits_per_pixel if codec.format else 0
    return codec.width * codec.height * bits / 8


def _claimed_seconds(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return None if container.duration is None else container.duration / av.time_base


def _pixel_aspect(ratio: Fraction | None) -> float:
    """Width by height of one pixel; square where the clip says nothing, or what no camera does."""
    return float(ratio) if ratio and Fraction(1, 4) <= ratio <= 4 else 1.0


def _even(side: float) -> int:
    """H.264 halves the colours' resolution, and so takes only even sides."""
    return max(2, round(side / 2) * 2)
