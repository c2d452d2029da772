"""Made-up files, arrays and boxes: the same ones in each run; `make fuzz` looks for new ones."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as np_st

from emotion import EmotionRecognizer, FacePrediction, ImageError
from emotion.image import load_image
from tests.hostile.sample import SUFFIXES, encoded, portrait

# Pillow warns of some damage that it can read past.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def examples(count: int) -> settings:
    """So many, the same ones in each run."""
    return settings(max_examples=count, derandomize=True, database=None, deadline=None)


STARTS = (
    *(b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0", b"MM\0*", b"P6 "),
    *(b"RIFF\0\0\1\0WEBPVP8", b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypavif", b"\xff\x4f\xff\x51"),
)


@cache
def sound(kind: str) -> bytes:
    return encoded(portrait(32), kind)


# Where, as a share of the file; how many bytes go; what comes instead.
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=5
)


@examples(400)
@given(kind=st.sampled_from(sorted(SUFFIXES)), edits=EDITS)
def test_edited_files(kind: str, edits: list[tuple[float, int, bytes]]) -> None:
    data = sound(kind)
    for share, gone, come in edits:
        place = int(share * len(data))
        data = data[:place] + come + data[place + gone :]
    assert picture_or_sentence(data)


@examples(300)
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=300))
def test_bytes_that_begin_as_pictures_do(start: bytes, rest: bytes) -> None:
    assert picture_or_sentence(start + rest)


def picture_or_sentence(source: bytes | np.ndarray) -> bool:
    try:
        pixels = load_image(source)
    except ImageError as error:
        return str(error).startswith("the image ") and str(error).isprintable()
    height, width, channels = pixels.shape
    return pixels.dtype == np.uint8 and channels == 3 and min(height, width) > 0


KINDS = st.one_of(np_st.scalar_dtypes(), st.sampled_from([np.dtype("u1"), np.dtype("u2")]))
SHAPES = st.one_of(
    np_st.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 5)),
)


@examples(200)
@given(array=KINDS.flatmap(lambda kind: np_st.arrays(kind, SHAPES)), reverse=st.booleans())
def test_arrays(array: np.ndarray, reverse: bool) -> None:
    assert picture_or_sentence(array[..., ::-1] if reverse and array.ndim else array)


@pytest.fixture(scope="module")
def recognizer() -> EmotionRecognizer:
    """Takes anything for a face, so that faces are cropped and classified at all."""
    return EmotionRecognizer(detector="mtcnn", min_score=0)


def check(faces: list[FacePrediction]) -> None:
    for face in faces:
        values = np.array(list(face.probabilities.values()))
        assert np.isfinite([*values, *face.face.box]).all()
        assert values.min() >= 0
        assert values.sum() == pytest.approx(1, abs=1e-5)


@st.composite
def scenes(draw: st.DrawFn) -> np.ndarray:
    """Parts of a face, stretched, noisy, flat or reversed: what detectors answer something to."""
    sides = st.one_of(st.integers(1, 60), st.integers(61, 300))
    face = portrait(64).resize((draw(sides), draw(sides)))
    pixels = np.asarray(face).astype(int)
    noise = np.random.default_rng(draw(st.integers(0, 99))).normal(size=pixels.shape)
    pixels = pixels * draw(st.floats(-3, 3)) + noise * draw(st.floats(0, 200))
    return np.clip(pixels + draw(st.integers(-100, 255)), 0, 255).astype(np.uint8)


@examples(60)
@given(scene=scenes())
def test_the_whole_pipeline(recognizer: EmotionRecognizer, scene: np.ndarray) -> None:
    check(recognizer.recognize(scene))


LOW, HIGH = st.floats(-100, 0), st.floats(1, 400)


@examples(60)
@given(boxes=st.lists(st.tuples(LOW, LOW, HIGH, HIGH), max_size=3), scene=scenes())
def test_boxes_that_meet_the_picture(
    recognizer: EmotionRecognizer, boxes: list[tuple[float, ...]], scene: np.ndarray
) -> None:
    faces = recognizer.recognize(scene, boxes)
    assert [face.face.box for face in faces] == boxes
    check(faces)


EDGES = st.one_of(st.floats(), st.floats(-100, 200), st.integers(-9, 99))


@examples(100)
@given(box=st.lists(EDGES, min_size=4, max_size=4), scene=scenes())
def test_any_box(recognizer: EmotionRecognizer, box: list[float], scene: np.ndarray) -> None:
    try:
        (face,) = recognizer.recognize(scene, [box])
        told = ""
    except ValueError as error:
        told = str(error)
    assert told.startswith("the box ") or face.face.box == tuple(box)


def test_the_pipeline_is_reached(recognizer: EmotionRecognizer) -> None:
    """With that score something is found, so that `check` has something to check."""
    faces = recognizer.recognize(np.asarray(portrait(200)))
    assert faces
    check(faces)
