"""Shared fixtures: a tiny model, YuNet's file, a real photograph; no network and no cache."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import numpy as np
import onnx.parser
import pytest
from huggingface_hub.utils import close_session
from onnx import helper, numpy_helper

from emotion.image import Pixels, load_image
from emotion.types import LABELS
from tests.hub_stand_in import TOKEN, HubStandIn, running

# Workers of pytest-xdist share the cores; torch reads this when it is imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parents[1]
ASTRONAUT = ROOT / "examples" / "astronaut.jpg"

# Optional data beside the repository that may not be part of it.
SHARED = ROOT.parent / "shared"

# Read before `isolated` hides it from the tests.
YUNET = Path(
    os.environ.get("EMOTION_YUNET") or SHARED / "models" / "face_detection_yunet_2023mar.onnx"
)


@pytest.fixture(scope="session", autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty Hub cache and no network, in this process and in those it starts."""
    home = tmp_path_factory.mktemp("hub")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("EMOTION_YUNET", "EMOTION_MODEL", "HF_TOKEN", "HF_ENDPOINT"):
            patch.delenv(name, raising=False)
        patch.setenv("HF_HOME", str(home))
        patch.setenv("HF_HUB_CACHE", str(home / "hub"))
        patch.setenv("HF_HUB_OFFLINE", "1")
        # The client reads the environment once, when it is imported.
        patch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(home / "hub"))
        patch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
        patch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(home / "token"))
        yield home


# Weights on the pixels, then softmax; and how bright each of 3x3 fields is, the lightest at 1.
TINY = """
<ir_version: 8, opset_import: ["" : 17]>
tiny (uint8[N, 48, 48] faces) => (float[N, 7] probabilities, float[N, 3, 3] attention)
<int64[2] shape = {-1, 2304}, int64[1] one = {1}> {
    grey = Cast<to = 1>(faces)
    rows = Reshape(grey, shape)
    logits = MatMul(rows, weight)
    probabilities = Softmax<axis = 1>(logits)
    plane = Unsqueeze(grey, one)
    means = AveragePool<kernel_shape = [16, 16], strides = [16, 16]>(plane)
    bright = Squeeze(means, one)
    lightest = ReduceMax<axes = [1, 2]>(bright)
    attention = Div(bright, lightest)
}
"""


def build_tiny_model(path: Path, *, attention: bool = False, seed: int = 0) -> Path:
    """Save a model with fixed random weights, with or without its second output."""
    model = onnx.parser.parse_model(TINY)
    # 0.1: the probabilities of photographs differ clearly and none is near 1.
    weight = 0.1 * np.random.default_rng(seed).standard_normal((48 * 48, len(LABELS)))
    initializer = numpy_helper.from_array((weight / 255).astype(np.float32), "weight")
    model.graph.initializer.append(initializer)
    if not attention:
        del model.graph.output[1], model.graph.node[4:], model.graph.initializer[1]
    helper.set_model_props(model, {"labels": json.dumps(LABELS), "version": "tiny"})
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


@pytest.fixture(scope="session")
def explaining_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, with a map of 3x3 fields."""
    return build_tiny_model(tmp_path_factory.mktemp("model") / "explaining.onnx", attention=True)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ONNX file with the input, output and labels of the real one."""
    return build_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubStandIn]:
    """A stand-in Hub that this process talks to, with a valid token and an empty cache."""
    with running() as stand_in:
        # The client reads the environment once, when it is imported.
        for name, value in {
            "ENDPOINT": stand_in.url,
            "HUGGINGFACE_CO_URL_TEMPLATE": stand_in.url
            + "/{repo_id}/resolve/{revision}/{filename}",
            "HF_HUB_OFFLINE": False,
            "HF_HUB_DISABLE_XET": True,
            "HF_HUB_CACHE": str(tmp_path / "cache"),
        }.items():
            monkeypatch.setattr(huggingface_hub.constants, name, value)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield stand_in
        close_session()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds asked of time.sleep, which returns at once."""
    asked: list[float] = []
    monkeypatch.setattr(time, "sleep", asked.append)
    return asked


@pytest.fixture(scope="session")
def yunet_path() -> Path:
    if not YUNET.is_file():
        pytest.skip("YuNet's file is missing: set EMOTION_YUNET")
    return YUNET


@pytest.fixture(scope="session")
def astronaut() -> Path:
    """A photograph of one smiling person (NASA, public domain)."""
    assert ASTRONAUT.is_file()
    return ASTRONAUT


@pytest.fixture(scope="session")
def astronaut_image(astronaut: Path) -> Pixels:
    """RGB uint8 (512, 512, 3); not to be written to."""
    image = load_image(astronaut)
    image.flags.writeable = False
    return image


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Photographs with known faces that may not be part of the repository."""
    if not (SHARED / "data").is_dir():
        pytest.skip("there is no ../shared/data beside the repository")
    return SHARED / "data"
