"""Networks opened from files and from bytes, and those that can't be."""

from pathlib import Path

import pytest

from emotion import ModelError
from emotion.session import open_session


def test_a_file_and_its_bytes_are_the_same(tiny_model: Path) -> None:
    for model in (tiny_model, tiny_model.read_bytes()):
        assert [node.name for node in open_session(model, "tiny", 1).get_inputs()] == ["faces"]


@pytest.mark.parametrize("model", [b"", b"no network"])
def test_no_network(model: bytes) -> None:
    with pytest.raises(ModelError, match=r"^the model x is not an ONNX file that can be loaded$"):
        open_session(model, "x", 1)


def test_threads(tiny_model: Path) -> None:
    with pytest.raises(ValueError, match="threads must be 1 or more, but is 0"):
        open_session(tiny_model, "tiny", 0)
    assert open_session(tiny_model, "tiny", 2).get_session_options().intra_op_num_threads == 2
