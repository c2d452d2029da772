"""Clips for the tests, made as they are needed."""

import struct
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer

from emotion.image import Pixels

RED = (220, 20, 20)


def scene(left: int, top: int = 60, side: int = 80, width: int = 320, height: int = 240) -> Pixels:
    """A red square on grey."""
    picture = np.full((height, width, 3), 100, np.uint8)
    picture[top : top + side, left : left + side] = RED
    return picture


def write_clip(
    path: Path,
    pictures: Iterable[Pixels],
    *,
    fps: int | Fraction = 10,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    seconds: Sequence[float] | None = None,
    turned: int = 0,
    options: dict[str, str] | None = None,
    codec_options: dict[str, str] | None = None,
    sound_seconds: float = 0,
) -> Path:
    """A clip of RGB pictures; `seconds` are their times, `turned` the degrees in its header.

    sound_seconds of silence go with them.
    """
    with av.open(path, "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=fps)
        # MPEG-1 and -2 know a few rates only.
        in_frames = codec in ("mpeg1video", "mpeg2video")
        stream.codec_context.time_base = 1 / Fraction(fps) if in_frames else Fraction(1, 1000)
        stream.pix_fmt = pixel_format
        stream.options = codec_options or {}
        sound = container.add_stream("aac", rate=44100) if sound_seconds else None
        if turned:
            stream.set_display_rotation(turned)
        for number, picture in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            at = float(number / fps) if seconds is None else seconds[number]
            frame.pts, frame.time_base = round(1000 * at), Fraction(1, 1000)
            container.mux(stream.encode(frame))
            if sound is not None:
                mux_silence(container, sound, 1 / fps)
        container.mux(stream.encode())
        if sound is not None:
            mux_silence(container, sound, sound_seconds - (number + 1) / fps)
            container.mux(sound.encode())
    return path


def mux_silence(container: OutputContainer, stream: AudioStream, seconds: float | Fraction) -> None:
    for _ in range(round(seconds * 44100 / 1024)):
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        frame.rate = 44100
        container.mux(stream.encode(frame))


def claim_seconds(path: Path, seconds: float) -> Path:
    """Writes another length into the header of a Matroska file."""
    data = bytearray(path.read_bytes())
    # Duration, in milliseconds: an id of two bytes, the size 8, a double (RFC 9559, 5.1.2.10).
    start = data.index(b"\x44\x89\x88") + 3
    data[start : start + 8] = struct.pack(">d", 1000 * seconds)
    path.write_bytes(data)
    return path


def write_song(path: Path, *, cover: Pixels | None = None) -> Path:
    """Half a second of silence, with a cover or without."""
    with av.open(path, "w") as container:
        sound = container.add_stream("aac", rate=44100)
        if cover is not None:
            picture = container.add_stream("mjpeg", rate=1)
            picture.pix_fmt = "yuvj420p"
            picture.height, picture.width = cover.shape[:2]
            picture.disposition = av.stream.Disposition.attached_pic
            container.mux(picture.encode(av.VideoFrame.from_ndarray(cover, "rgb24")))
            container.mux(picture.encode())
        mux_silence(container, sound, 0.5)
        container.mux(sound.encode())
    return path
