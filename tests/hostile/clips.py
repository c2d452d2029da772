"""Clips cut short, damaged, too large, or other than their headers say; and what is no clip."""

import struct
from pathlib import Path

import av
import numpy as np

from tests.clips import claim_seconds, scene, write_clip, write_song

# Files cut and damaged, by name and codec; mp4 has its index at the end unless told otherwise.
KINDS = {
    "plain.mp4": "libx264",
    "indexed.mp4": "libx264",
    "a.mov": "mpeg4",
    "a.webm": "libvpx-vp9",
    "a.mkv": "libx264",
    "a.avi": "mjpeg",
    "a.ts": "libx264",
}

UHD_WH, EIGHT_K_WH = (3840, 2160), (7680, 4320)


def write_clips(folder: Path) -> None:
    """Each clip into a folder; the first part of its name is its class."""
    for write in (_cut, _flipped, _without_frames, _lying_headers, _turned, _rare, _large):
        write(folder)


def _scenes(count: int = 6) -> list[np.ndarray]:
    noise = np.random.default_rng(0)
    return [noise.integers(0, 255, (96, 128, 3), np.uint8) for _ in range(count)]


def _sound(folder: Path) -> dict[str, bytes]:
    sound = {}
    for name, codec in KINDS.items():
        options = {"movflags": "+faststart"} if name == "indexed.mp4" else {}
        pixel_format = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        path = folder / name
        write_clip(path, _scenes(), codec=codec, pixel_format=pixel_format, options=options)
        sound[name] = path.read_bytes()
        path.unlink()
    return sound


def _cut(folder: Path) -> None:
    """At every tenth; the last is whole."""
    for name, whole in _sound(folder).items():
        for tenth in range(1, 11):
            (folder / f"cut-{tenth}-{name}").write_bytes(whole[: len(whole) * tenth // 10])


def _flipped(folder: Path) -> None:
    """Eight bytes in a row, half of the times near the start."""
    random = np.random.default_rng(7)
    for name, whole in _sound(folder).items():
        for number in range(6):
            damaged = bytearray(whole)
            place = int(random.integers(0, len(whole) if number % 2 else 600))
            damaged[place : place + 8] = random.bytes(8)
            (folder / f"flipped-{number}-{name}").write_bytes(damaged)


def _without_frames(folder: Path) -> None:
    write_song(folder / "none-song.mp4")
    write_song(folder / "none-cover.mp4", cover=scene(0))
    for name in ("none.mp4", "none.mkv", "none.avi"):
        with av.open(folder / name, "w") as container:
            stream = container.add_stream("libx264", rate=10)
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            container.start_encoding()
    (folder / "none-empty.mp4").write_bytes(b"")
    (folder / "none-text.mp4").write_bytes(b"This is no film. " * 99)
    (folder / "none-list.mp4").write_bytes(b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n")


def _lying_headers(folder: Path) -> None:
    """Ten hours by the header; no time at all; a mp4 that promises a size it does not have."""
    claim_seconds(write_clip(folder / "lies-hours.mkv", _scenes()), 36_000)
    claim_seconds(write_clip(folder / "lies-forever.mkv", _scenes()), 1e300)
    claim_seconds(write_clip(folder / "lies-nan.mkv", _scenes()), float("nan"))
    claim_seconds(write_clip(folder / "lies-negative.mkv", _scenes()), -5)
    whole = write_clip(folder / "lies-size.mp4", _scenes()).read_bytes()
    # The track's size, in 1/65536 pixels: the last 8 bytes of its header (ISO 14496-12, 8.3.2).
    end = whole.index(b"tkhd") - 4
    end += int.from_bytes(whole[end : end + 4])
    huge = struct.pack(">II", 0xFFFF0000, 0xFFFF0000)
    (folder / "lies-size.mp4").write_bytes(whole[: end - 8] + huge + whole[end:])
    # Samples of the index, 2**31 of them (8.7.3.2).
    count = whole.index(b"stsz") + 12
    many = struct.pack(">I", 2**31 - 1)
    (folder / "lies-samples.mp4").write_bytes(whole[:count] + many + whole[count + 4 :])


def _turned(folder: Path) -> None:
    for degrees in (90, 180, 270):
        write_clip(folder / f"turned-{degrees}.mp4", _scenes(), turned=degrees)


def _rare(folder: Path) -> None:
    at = [0, 0.001, 0.5, 0.5001, 60, 3600]
    write_clip(folder / "rare-rates.mkv", _scenes(), seconds=at)
    write_clip(folder / "rare-10-bit.mkv", _scenes(), pixel_format="yuv420p10le")
    write_clip(folder / "rare-444.mkv", _scenes(), pixel_format="yuv444p10le")
    write_clip(folder / "rare-codec.avi", _scenes(), codec="ffv1")
    for size_wh in ((2, 2), (16, 4096), (4096, 16)):
        flat = [np.full((*size_wh[::-1], 3), 90, np.uint8)] * 2
        path = folder / f"rare-{size_wh[0]}x{size_wh[1]}.mkv"
        write_clip(path, flat, codec="mjpeg", pixel_format="yuvj420p")


def _large(folder: Path) -> None:
    """4K with a dozen frames kept, and with all 16 that H.264 allows in 10 bits; and 8K."""
    for name, (width, height), count, kept, pixel_format in (
        ("4k", UHD_WH, 20, 12, "yuv420p"),
        ("kept-10-bit", UHD_WH, 20, 16, "yuv420p10le"),
        ("8k", EIGHT_K_WH, 2, 12, "yuv420p"),
    ):
        with av.open(folder / f"large-{name}.mp4", "w") as container:
            stream = container.add_stream("libx264", rate=10)
            stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
            stream.options = {"preset": "ultrafast", "x264-params": f"ref={kept}"}
            grey = av.VideoFrame.from_ndarray(np.full((height, width, 3), 90, np.uint8), "rgb24")
            frame = grey.reformat(format=pixel_format)
            for number in range(count):
                frame.pts = number
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
