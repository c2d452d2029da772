"""Images to faces, by both detectors: in photographs, in small pictures, in noise, in threads."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion import ModelError
from emotion.detection import Detector, load_detector
from emotion.detection.found import MAX_OVERLAP, overlaps
from emotion.image import Pixels, load_image
from emotion.types import Box
from emotion.video import overlap

# Where the astronaut's face is, by eye.
ASTRONAUT_BOX = (177, 62, 270, 176)


@pytest.fixture(scope="module", params=["yunet", "mtcnn"])
def detector(request: pytest.FixtureRequest) -> Detector:
    if request.param == "mtcnn":
        return load_detector("mtcnn")
    return load_detector("yunet", yunet=request.getfixturevalue("yunet_path"))


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (700, 500)])
def test_no_face(detector: Detector, shape: tuple[int, int]) -> None:
    assert detector.detect(np.full((*shape, 3), 90, np.uint8)) == []


def test_one_face(detector: Detector, astronaut_image: Pixels) -> None:
    """Box and landmarks as they are by eye: her right eye is on the left of the picture."""
    (face,) = detector.detect(astronaut_image)
    assert overlap(face.box, ASTRONAUT_BOX) > 0.8
    assert 0.9 < face.score <= 1
    expected = [(202, 103), (246, 104), (222, 127), (203, 142), (243, 143)]
    assert np.abs(np.subtract(face.landmarks, expected)).max() < 5
    assert all(type(value) is float for value in (*face.box, face.score, *face.landmarks[0]))


def test_a_crop_of_48_pixels(detector: Detector, astronaut_image: Pixels) -> None:
    """FER-2013's own size: such pictures are enlarged before the search."""
    crop = cv2.resize(astronaut_image[40:200, 145:305], (48, 48), interpolation=cv2.INTER_AREA)
    (face,) = detector.detect(crop.astype(np.uint8))
    assert overlap(face.box, (10, 7, 37, 41)) > 0.6


def test_the_same_boxes_in_a_picture_twice_as_large(
    detector: Detector, astronaut_image: Pixels
) -> None:
    """From 640 pixels on, also where the larger picture is looked at twice."""
    for side in (640, 1100):
        picture = cv2.resize(astronaut_image, (side, side), interpolation=cv2.INTER_CUBIC)
        twice = cv2.resize(picture, (2 * side, 2 * side), interpolation=cv2.INTER_LINEAR)
        (face,), (double,) = (detector.detect(np.asarray(image)) for image in (picture, twice))
        moved = np.abs(np.array(double.box) / 2 - face.box).max()
        assert moved < 0.02 * face.area**0.5


def test_a_small_face_in_a_large_picture(detector: Detector, astronaut_image: Pixels) -> None:
    """A face 45 pixels wide in 12 megapixels; at 640 pixels it would have seven."""
    small = cv2.resize(astronaut_image, (250, 250), interpolation=cv2.INTER_AREA)
    image = np.full((3000, 4000, 3), 90, np.uint8)
    # In the overlap of four tiles.
    image[1400:1650, 1900:2150] = small
    (face,) = detector.detect(image)
    expected = tuple(edge * 250 / 512 for edge in ASTRONAUT_BOX)
    x1, y1, x2, y2 = face.box
    assert overlap((x1 - 1900, y1 - 1400, x2 - 1900, y2 - 1400), expected) > 0.7


@pytest.mark.slow
@pytest.mark.parametrize(("columns", "rows", "cell"), [(24, 18, 166), (30, 20, 200), (40, 30, 150)])
def test_crowds(detector: Detector, shared_data: Path, columns: int, rows: int, cell: int) -> None:
    """Mosaics of press photographs: 12 to 27 megapixels, with faces 60 to 80 pixels wide."""
    paths = sorted((shared_data / "lfw_expr").glob("*.jpg"))
    image = np.zeros((rows * cell, columns * cell, 3), np.uint8)
    for index in range(columns * rows):
        photo = load_image(paths[index % len(paths)])
        y, x = (cell * part for part in divmod(index, columns))
        image[y : y + cell, x : x + cell] = cv2.resize(
            photo, (cell, cell), interpolation=cv2.INTER_AREA
        )
    faces = detector.detect(image)
    boxes = np.array([face.box for face in faces])
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 / cell
    middle = np.abs(centres % 1 - 0.5).max(axis=1) < 0.2
    found = {tuple(cell) for cell in centres[middle].astype(int).tolist()}
    share = len(found) / (columns * rows)
    assert share >= {"yunet": 0.95, "mtcnn": 0.85}[detector.name]
    shared, _ = overlaps(boxes, boxes)
    assert np.triu(shared, 1).max() <= MAX_OVERLAP, "no face twice"
    # Some photographs have other people in the background.
    assert len(faces) <= 1.15 * columns * rows, "and none between two faces"


def test_threads_share_a_detector(detector: Detector, astronaut_image: Pixels) -> None:
    """Pictures of several sizes at once, each answered as if it were alone."""
    images = [np.ascontiguousarray(astronaut_image[: 300 + 30 * n]) for n in range(4)] * 2
    alone = [detector.detect(image) for image in images]
    assert all(len(faces) == 1 for faces in alone)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(detector.detect, images)) == alone


def test_min_score(detector: Detector, yunet_path: Path, astronaut_image: Pixels) -> None:
    strict = load_detector(detector.name, yunet=yunet_path, min_score=1)
    assert strict.detect(astronaut_image) == []
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="min_score must lie between 0 and 1, but is"):
            load_detector(detector.name, yunet=yunet_path, min_score=wrong)


def unusable(kind: str, folder: Path, tiny_model: Path) -> Path:
    path = folder / "yunet.onnx"
    if kind == "another network":
        path.write_bytes(tiny_model.read_bytes())
    elif kind == "a loop of links":
        path.symlink_to(path)
    return path


@pytest.mark.parametrize("kind", ["missing", "another network", "a loop of links"])
def test_a_yunet_that_can_not_be_used(
    kind: str, tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = unusable(kind, tmp_path, tiny_model)
    with pytest.raises(ModelError, match="yunet"):
        load_detector("yunet", yunet=path)
    assert load_detector("auto", yunet=path).name == "mtcnn"
    said = capsys.readouterr().err
    assert said.endswith("; MTCNN finds the faces instead\n")
    assert said.count("\n") == 1


def test_group_photographs(detector: Detector, shared_data: Path) -> None:
    """Ten photographs with 43 faces; a hit overlaps by a third or more."""
    folder = shared_data / "group_photos"
    hits = total = boxes = 0
    for photo in json.loads((folder / "boxes.json").read_text()):
        faces = detector.detect(load_image(folder / photo["file"]))
        boxes += len(faces)
        for x, y, width, height in photo["boxes_xywh"]:
            box: Box = (x, y, x + width, y + height)
            hits += any(overlap(box, face.box) > 1 / 3 for face in faces)
            total += 1
    assert total == 43
    assert hits >= 41
    assert boxes <= hits + 2, "hardly any box is no face"
