"""Clips to frames: kinds, turns, times, damage; and what is no clip."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from emotion.image import Pixels
from emotion.types import VideoError
from emotion.video.reading import LONGEST_SIDE, open_video
from tests.clips import scene, write_clip, write_song
from tests.conftest import ROOT


def pictures(path: Path) -> list[Pixels]:
    with open_video(path) as video:
        return [video.picture(frame) for frame in video.frames()]


def times(path: Path) -> list[float]:
    with open_video(path) as video:
        return [frame.seconds for frame in video.frames()]


def red_box(picture: Pixels) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of what is red, the last two included."""
    rows, columns = np.nonzero(picture[..., 0].astype(int) - picture[..., 1] > 80)
    return columns.min(), rows.min(), columns.max(), rows.max()


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mov", "mpeg4", "yuv420p"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.mkv", "libx264", "yuv420p10le"),
        ("a.avi", "mjpeg", "yuvj420p"),
        ("a.m2ts", "libx264", "yuv420p"),
        ("a.mpg", "mpeg2video", "yuv420p"),
    ],
)
def test_kinds(tmp_path: Path, name: str, codec: str, pixel_format: str) -> None:
    scenes = [scene(left) for left in (0, 100, 200)]
    path = write_clip(tmp_path / name, scenes, fps=25, codec=codec, pixel_format=pixel_format)
    found = pictures(path)
    assert [picture.shape for picture in found] == [(240, 320, 3)] * 3
    assert np.abs(np.subtract(found, scenes, dtype=int)).mean() < 6
    assert times(path) == pytest.approx([0, 0.04, 0.08], abs=0.002)


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_frames_are_turned_upright(tmp_path: Path, turned: int) -> None:
    lying = np.ascontiguousarray(np.rot90(scene(20), -turned // 90))
    (picture,) = pictures(write_clip(tmp_path / "a.mp4", [lying], turned=turned))
    assert picture.shape == (240, 320, 3)
    assert red_box(picture) == pytest.approx((20, 60, 99, 139), abs=2)


@pytest.mark.parametrize(
    ("size_wh", "expected"),
    [
        ((2, 2), (2, 2)),
        ((321, 241), (320, 240)),
        ((3840, 2160), (LONGEST_SIDE, 720)),
        ((64, 4096), (20, LONGEST_SIDE)),
    ],
)
def test_sizes_are_even_and_fit_a_screen(
    tmp_path: Path, size_wh: tuple[int, int], expected: tuple[int, int]
) -> None:
    flat = np.full((*size_wh[::-1], 3), 90, np.uint8)
    path = write_clip(tmp_path / "a.mkv", [flat], codec="mjpeg", pixel_format="yuvj420p")
    with open_video(path) as video:
        assert (video.size_wh, video.source_wh) == (expected, size_wh)
    assert pictures(path)[0].shape[1::-1] == expected


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
def test_a_cut_clip_gives_what_can_be_read(tmp_path: Path, name: str) -> None:
    # The index first: at the end of the file, it would be cut off.
    options = {"movflags": "+faststart"} if name == "a.mp4" else {}
    noise = np.random.default_rng(0)
    scenes = [noise.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(20)]
    whole = write_clip(tmp_path / name, scenes, options=options).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    assert 5 < len(times(tmp_path / name)) < 15


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


# What opens other files, as playlists do, is not read at all.
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 1000, PLAYLIST, b"\0\0\0\x14ftypisom\0\0\2\0isom"]
)
def test_what_is_no_clip_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoError, match=r"^a\.mp4 is damaged, or not a video"):
        pictures(path)


@pytest.mark.parametrize("cover", [None, scene(0)], ids=["plain", "cover"])
def test_a_song_is_no_clip(tmp_path: Path, cover: Pixels | None) -> None:
    with pytest.raises(VideoError, match=r"^a[.]mp4 has no video in it"):
        pictures(write_song(tmp_path / "a.mp4", cover=cover))


def test_an_odd_codec_is_named(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.avi", [scene(0)], codec="ffv1")
    with pytest.raises(VideoError, match=r"^a[.]avi is compressed by ffv1, which can't be read"):
        pictures(path)


@pytest.mark.parametrize(
    ("limit", "pixel_format"), [("MAX_PIXELS", "yuv420p"), ("MAX_FRAME", "yuv444p10le")]
)
def test_too_large_a_frame_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, pixel_format: str
) -> None:
    """The same pixels take four times the memory in 4:4:4 and 10 bits."""
    path = write_clip(tmp_path / "a.mkv", [scene(0)], pixel_format=pixel_format)
    largest = 320 * 240 * (1 if limit == "MAX_PIXELS" else 6)
    monkeypatch.setattr(f"emotion.video.reading.{limit}", largest)
    assert len(pictures(path)) == 1
    monkeypatch.setattr(f"emotion.video.reading.{limit}", largest - 1)
    with pytest.raises(VideoError, match=f"^a.mkv is 320x240 in {pixel_format}; at most 3840x2160"):
        pictures(path)


READ = """
import sys
from pathlib import Path
from emotion.video import open_video
with open_video(Path(sys.argv[1])) as video:
    count = len([video.picture(frame).shape for frame in video.frames()])
# getrusage would count the memory of the process that started this one, too.
status = dict(line.split(":") for line in open("/proc/self/status"))
print(count, 1024 * int(status["VmHWM"].split()[0]))
"""


@pytest.mark.slow
def test_a_crafted_video_takes_less_than_a_gigabyte(tmp_path: Path) -> None:
    """4K with 10 bits, whose decoder must keep 16 frames."""
    flat = [np.full((2160, 3840, 3), 90, np.uint8)] * 20
    codec_options = {"preset": "ultrafast", "x264-params": "ref=16"}
    path = tmp_path / "a.mp4"
    write_clip(path, flat, pixel_format="yuv420p10le", codec_options=codec_options)
    done = subprocess.run(
        [sys.executable, "-c", READ, path], cwd=ROOT, capture_output=True, check=True
    )
    count, peak = map(int, done.stdout.split())
    assert count == 20
    assert peak < 1e9
