"""A video to faces over time, an annotated video and a table."""

import csv
import math
import tracemalloc
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from emotion import LABELS, EmotionError, EmotionRecognizer, Face, FacePrediction
from emotion.image import Pixels
from emotion.video.analysis import Progress, analyse
from tests.clips import claim_seconds, scene, write_clip
from tests.disks import full_disk

HAPPY = dict.fromkeys(LABELS, 0.05) | {"happy": 0.7}


class RedSquares:
    """Takes red squares for happy faces: quick, and it is known where they are."""

    def recognize(self, image: Pixels) -> list[FacePrediction]:
        red = (image[..., 0].astype(int) - image[..., 1] > 80).astype(np.uint8)
        _, _, boxes, _ = cv2.connectedComponentsWithStats(red)
        return [
            FacePrediction(Face((float(x), float(y), float(x + w), float(y + h)), 0.9), HAPPY)
            for x, y, w, h, _ in sorted(boxes[1:].tolist())
        ]


@pytest.fixture
def squares() -> EmotionRecognizer:
    return RedSquares()  # type: ignore[return-value]


@pytest.fixture
def moving(tmp_path: Path) -> Path:
    """Two seconds in which a red square goes to the right."""
    return write_clip(tmp_path / "moving.mp4", [scene(10 * step) for step in range(20)])


def frames_of(marked: Path) -> list[tuple[float, Pixels]]:
    with av.open(marked) as container:
        return [(f.time, f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]


def table_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def last(reports: Iterator[Progress]) -> Progress:
    *_, report = reports
    assert report.finished
    return report


def test_a_person_is_followed(tmp_path: Path, squares: EmotionRecognizer, moving: Path) -> None:
    table = tmp_path / "table.csv"
    reports = list(analyse(squares, moving, table=table, rate=5))
    seen = [report.analysed for report in reports if report.analysed]
    assert [analysed.seconds for analysed in seen] == pytest.approx(np.arange(10) / 5, abs=0.01)
    assert {face.id for analysed in seen for face in analysed.faces} == {1}
    lines = table_of(table)
    assert len(lines) == 10
    assert (lines[5]["seconds"], lines[5]["person"], lines[5]["label"]) == ("1.0", "1", "happy")
    box = [float(lines[5][edge]) for edge in ("x1", "y1", "x2", "y2")]
    assert box == pytest.approx([100, 60, 180, 140], abs=2)
    assert sum(float(lines[5][label]) for label in LABELS) == pytest.approx(1)


def test_progress(squares: EmotionRecognizer, moving: Path) -> None:
    reports = list(analyse(squares, moving))
    assert [report.frames for report in reports] == [*range(1, 21), 20]
    assert [report.finished for report in reports] == [False] * 20 + [True]
    assert reports[10].expected_seconds == pytest.approx(2, abs=0.1)
    assert reports[10].seconds_left > 0
    assert (reports[-1].seconds_left, reports[-1].missing) == (0, "nothing")


def test_browsers_can_play_the_annotated_video(
    tmp_path: Path, squares: EmotionRecognizer, moving: Path
) -> None:
    marked = tmp_path / "marked.mp4"
    last(analyse(squares, moving, annotated=marked))
    data = marked.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(marked) as container:
        (stream,) = container.streams
        codec = stream.codec_context
        assert (codec.name, codec.pix_fmt, codec.width, codec.height) == (
            ("h264", "yuv420p", 320, 240)
        )
    frames = frames_of(marked)
    assert [at for at, _ in frames] == pytest.approx(np.arange(20) / 10, abs=0.01)
    # A dark line goes round the square; it follows also where no face was looked for.
    for number in (10, 11):
        left = 10 * number
        assert frames[number][1][130, left - 8 : left + 1].min() < 60
        assert scene(left)[130, left - 8 : left].min() == 100


def test_boxes_are_in_pixels_of_the_clip(tmp_path: Path, squares: EmotionRecognizer) -> None:
    large = cv2.resize(scene(100), (2560, 1920), interpolation=cv2.INTER_NEAREST)
    lying = np.ascontiguousarray(np.rot90(large, -1))
    path = write_clip(tmp_path / "a.mp4", [lying], turned=90)
    (report, _) = analyse(squares, path)
    (face,) = report.analysed.faces
    assert face.prediction.face.box == pytest.approx((800, 480, 1440, 1120), abs=8)


def test_a_variable_frame_rate_keeps_its_times(tmp_path: Path, squares: EmotionRecognizer) -> None:
    at = [0, 0.1, 0.15, 0.5, 2, 2.1]
    path = write_clip(tmp_path / "a.mkv", [scene(0)] * 6, seconds=at)
    marked, table = tmp_path / "marked.mp4", tmp_path / "table.csv"
    last(analyse(squares, path, annotated=marked, table=table, rate=5))
    assert [at for at, _ in frames_of(marked)] == pytest.approx(at, abs=0.01)
    assert [float(line["seconds"]) for line in table_of(table)] == pytest.approx(
        [0, 0.5, 2], abs=0.01
    )


def test_the_annotated_video_has_at_most_thirty_frames_a_second(
    tmp_path: Path, squares: EmotionRecognizer
) -> None:
    path = write_clip(tmp_path / "a.mp4", [scene(0, 0, 8, 32, 24)] * 60, fps=60)
    marked = tmp_path / "marked.mp4"
    last(analyse(squares, path, annotated=marked))
    assert len(frames_of(marked)) == 30


@pytest.mark.parametrize("claimed", [36_000, 0.5])
def test_the_limit_goes_by_what_is_decoded(
    tmp_path: Path, squares: EmotionRecognizer, claimed: float
) -> None:
    path = claim_seconds(write_clip(tmp_path / "a.mkv", [scene(0)] * 20), claimed)
    marked, table = tmp_path / "marked.mp4", tmp_path / "table.csv"
    report = last(analyse(squares, path, annotated=marked, table=table, rate=10, max_seconds=1))
    assert (report.frames, report.missing) == (10, "beyond")
    assert report.expected_seconds <= 1
    assert (len(frames_of(marked)), len(table_of(table))) == (10, 10)
    report = last(analyse(squares, path))
    assert (report.frames, report.missing) == (20, "absent" if claimed > 2 else "nothing")


def test_a_damaged_part_is_told(tmp_path: Path, squares: EmotionRecognizer) -> None:
    noise = np.random.default_rng(0)
    scenes = [noise.integers(0, 255, (96, 128, 3), np.uint8) for _ in range(20)]
    path = write_clip(tmp_path / "a.mkv", scenes)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 + 1000
    data[middle : middle + 300] = noise.bytes(300)
    path.write_bytes(data)
    report = last(analyse(squares, path))
    assert report.missing == "damaged"
    assert 10 <= report.frames <= 20


def test_closed_early_nothing_is_left_and_old_files_stay(
    tmp_path: Path, squares: EmotionRecognizer, moving: Path
) -> None:
    marked, table = tmp_path / "marked.mp4", tmp_path / "table.csv"
    marked.write_bytes(b"old")
    before = set(tmp_path.iterdir())
    reports = analyse(squares, moving, annotated=marked, table=table)
    for _ in range(8):
        next(reports)
    assert set(tmp_path.iterdir()) > before
    reports.close()
    assert set(tmp_path.iterdir()) == before
    assert marked.read_bytes() == b"old"


def test_a_full_disk_is_told_and_the_old_file_stays(
    tmp_path: Path, squares: EmotionRecognizer, moving: Path
) -> None:
    out = tmp_path / "out"
    out.write_bytes(b"old")
    with (
        full_disk(500),
        pytest.raises(EmotionError, match=r"^out can't be written: File too large$"),
    ):
        last(analyse(squares, moving, annotated=out))
    assert out.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["moving.mp4", "out"]


def test_memory_does_not_grow_with_the_clip(tmp_path: Path, squares: EmotionRecognizer) -> None:
    peaks = []
    for count in (20, 20, 100):
        path = write_clip(tmp_path / "a.mp4", [scene(0)] * count)
        tracemalloc.start()
        last(
            analyse(squares, path, annotated=tmp_path / "marked.mp4", table=tmp_path / "table.csv")
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The first run also fills what is kept, as fonts are.
    assert peaks[2] < peaks[1] + scene(0).nbytes


def test_a_rate_that_is_none(squares: EmotionRecognizer) -> None:
    with pytest.raises(ValueError, match="rate must be 1 to 30 a second"):
        next(analyse(squares, "a.mp4", rate=31))


def test_a_slow_video_is_not_cut_short(tmp_path: Path, squares: EmotionRecognizer) -> None:
    """One frame in three seconds: the last one counts until its end."""
    path = write_clip(tmp_path / "a.mp4", [scene(0)] * 3, fps=Fraction(1, 3))
    report = last(analyse(squares, path))
    assert (report.missing, report.frames) == ("nothing", 3)
    assert report.seconds == pytest.approx(9, abs=0.1)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_sound_may_go_on_longer_than_the_picture(
    tmp_path: Path, squares: EmotionRecognizer, name: str
) -> None:
    path = write_clip(tmp_path / name, [scene(0)] * 10, sound_seconds=6)
    report = last(analyse(squares, path))
    assert (report.missing, report.frames) == ("nothing", 10)


def test_names_and_doubt_reach_the_captions(
    tmp_path: Path, squares: EmotionRecognizer, moving: Path
) -> None:
    french = dict(zip(LABELS, LABELS, strict=True)) | {"happy": "joyeux"}
    copies = [tmp_path / f"{number}.mp4" for number in range(3)]
    for copy, names, below in zip(copies, (None, french, None), (0.69, 0.69, 0.71), strict=True):
        last(analyse(squares, moving, annotated=copy, names=names, uncertain_below=below))
    plain, *others = (frames_of(copy)[5][1].astype(int) for copy in copies)
    assert [np.abs(plain - other).max() > 100 for other in others] == [True, True]


def test_an_absurd_length_loses_no_frame(tmp_path: Path, squares: EmotionRecognizer) -> None:
    path = claim_seconds(write_clip(tmp_path / "a.mkv", [scene(0)] * 6), math.nan)
    assert last(analyse(squares, path)).frames == 6
