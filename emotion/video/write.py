"""RGB frames to an H.264 film that browsers play."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream

from emotion.atomic import replacing, writing
from emotion.image import Pixels

# Ticks a second: fine enough for any frame rate, and the one that MPEG has always used.
TICKS = 90_000

# veryfast and 23 (x264's usual quality): seven frames of 640x480 while one face is looked for.
CODEC_OPTIONS = {"preset": "veryfast", "crf": "23"}

# The index goes to the front, so that a browser can begin, and seek, before it has everything.
CONTAINER_OPTIONS = {"movflags": "+faststart"}

# BT.709, as a number of ITU-T H.273: what browsers assume, and here also say.
BT709 = 1


class Film:
    """A film that is being written; made by `open_film`."""

    def __init__(self, container: OutputContainer, stream: VideoStream, path: Path) -> None:
        self._container = container
        self._stream = stream
        self._path = path
        self._ticks = -1

    def add(self, picture: Pixels, seconds: float) -> None:
        """Appends RGB uint8 (H, W, 3) of the film's size, shown from `seconds` on.

        Raises EmotionError where it can't be written.
        """
        frame = VideoFrame.from_ndarray(picture, "rgb24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range="MPEG"
        )
        # Players refuse times that do not grow.
        self._ticks = max(self._ticks + 1, round(seconds * TICKS))
        frame.pts, frame.time_base = self._ticks, Fraction(1, TICKS)
        self._encode(frame)

    def finish(self) -> None:
        """Writes what the encoder still holds; raises EmotionError where it can't."""
        self._encode(None)

    def _encode(self, frame: VideoFrame | None) -> None:
        with writing(self._path), _ffmpeg_as_os():
            self._container.mux(self._stream.encode(frame))


@contextmanager
def open_film(path: Path, size_wh: tuple[int, int]) -> Iterator[Film]:
    """A film of even size without sound, which appears, whole, at the end.

    Raises EmotionError where it can't be written.
    """
    with replacing(path) as part:
        with writing(path), _ffmpeg_as_os():
            container = av.open(part, "w", format="mp4", options=CONTAINER_OPTIONS)
        try:
            film = Film(container, _stream(container, size_wh), path)
            yield film
            film.finish()
        except BaseException:
            # What failed, or was left early, is told; that its end can't be written either is not.
            with suppress(FFmpegError):
                container.close()
            raise
        with writing(path), _ffmpeg_as_os():
            container.close()


@contextmanager
def _ffmpeg_as_os() -> Iterator[None]:
    """A full disk is an OSError; FFmpeg's own is one by chance only."""
    try:
        yield
    except FFmpegError as error:
        raise OSError(error.errno, error.strerror) from error


def _stream(container: OutputContainer, size_wh: tuple[int, int]) -> VideoStream:
    # The rate is a hint to the encoder's sense of quality; frames carry times of their own.
    stream = container.add_stream("libx264", rate=30, options=CODEC_OPTIONS)
    stream.width, stream.height = size_wh
    stream.pix_fmt = "yuv420p"
    codec = stream.codec_context
    codec.time_base = Fraction(1, TICKS)
    codec.thread_count = 2
    codec.colorspace = codec.color_primaries = codec.color_trc = BT709
    codec.color_range = 1  # 16 to 235
    return stream
