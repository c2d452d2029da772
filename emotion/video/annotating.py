"""The annotated video: H.264 that browsers play, with boxes that glide with the faces."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream

from emotion.atomic import replacing, writing
from emotion.draw import annotate
from emotion.image import Pixels
from emotion.types import Box
from emotion.video.tracking import TrackedFace

# Ticks a second, MPEG's usual: fine enough for any frame rate.
TICKS = 90_000

# 23 is x264's usual quality; veryfast encodes seven frames of 640x480 while one face is looked for.
CODEC_OPTIONS = {"preset": "veryfast", "crf": "23"}

# The index goes to the front, so that a browser can begin, and seek, before it has everything.
CONTAINER_OPTIONS = {"movflags": "+faststart"}

# BT.709, as a number of ITU-T H.273: what browsers assume.
BT709 = 1


# A time in seconds, and the faces that were found then.
Moment = tuple[float, Sequence[TrackedFace]]


@contextmanager
def open_annotated(
    path: Path,
    size_wh: tuple[int, int],
    names: Mapping[str, str] | None = None,
    uncertain_below: float = 0.0,
) -> Iterator[Callable[..., None]]:
    """An annotated video of even size, without sound, which appears, complete, at the end.

    Gives a function that adds a frame: RGB uint8 (H, W, 3), seconds, and faces in its pixels if it
    has any. names and uncertain_below are those of `annotate`. Raises EmotionError if the video
    can't be written.
    """
    with replacing(path) as part:
        with writing(path):
            container = av.open(part, "w", format="mp4", options=CONTAINER_OPTIONS)
        ticks = -1

        def write(picture: Pixels, seconds: float, faces: Sequence[TrackedFace] = ()) -> None:
            nonlocal ticks
            marked = annotate(
                picture,
                [face.prediction for face in faces],
                names=names,
                numbers=[face.id for face in faces],
                uncertain_below=uncertain_below,
            )
            frame = VideoFrame.from_ndarray(marked, "rgb24").reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range="MPEG"
            )
            # Players refuse times that do not grow.
            ticks = max(ticks + 1, round(seconds * TICKS))
            frame.pts, frame.time_base = ticks, Fraction(1, TICKS)
            with writing(path):
                container.mux(stream.encode(frame))

        try:
            stream = _stream(container, size_wh)
            yield write
            with writing(path):
                container.mux(stream.encode(None))
        except BaseException:
            # The reader hears of what failed; that the end can't be written either is no news.
            with suppress(FFmpegError):
                container.close()
            raise
        with writing(path):
            container.close()


def write_gliding(
    write: Callable[..., None], frames: list[tuple[float, Pixels]], before: Moment, after: Moment
) -> None:
    """Write frames, and forget them. Boxes move from those of `before` to those of `after`."""
    (start, faces), (end, others) = before, after
    for seconds, picture in frames:
        share = (seconds - start) / (end - start) if end > start else 0.0
        write(picture, seconds, between(faces, others, share))
    frames.clear()


def between(
    before: Sequence[TrackedFace], after: Sequence[TrackedFace], share: float
) -> list[TrackedFace]:
    """The faces of `before`, moved by this share (0 to 1) of the way to where `after` has them.

    One that is not in `after` stays where it was. Expressions stay as they were.
    """
    targets = {face.id: face.prediction.face.box for face in after}
    moved = []
    for face in before:
        box = face.prediction.face.box
        edges = zip(box, targets.get(face.id, box), strict=True)
        x1, y1, x2, y2 = (start + share * (end - start) for start, end in edges)
        moved.append(with_box(face, (x1, y1, x2, y2)))
    return moved


def with_box(face: TrackedFace, box: Box) -> TrackedFace:
    """The same face with another box."""
    prediction = face.prediction
    return replace(face, prediction=replace(prediction, face=replace(prediction.face, box=box)))


def _stream(container: OutputContainer, size_wh: tuple[int, int]) -> VideoStream:
    # The rate only tells the encoder what quality to aim at; frames carry times of their own.
    stream = container.add_stream("libx264", rate=30, options=CODEC_OPTIONS)
    stream.width, stream.height = size_wh
    stream.pix_fmt = "yuv420p"
    codec = stream.codec_context
    codec.time_base = Fraction(1, TICKS)
    codec.thread_count = 2
    codec.colorspace = codec.color_primaries = codec.color_trc = BT709
    codec.color_range = 1  # 16 to 235
    return stream
