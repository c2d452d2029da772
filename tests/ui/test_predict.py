"""The endpoint that programs call."""

from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from emotion import LABELS


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False, analytics_enabled=False)


def test_nothing_else_is_public(client: Client) -> None:
    api = client.view_api(return_format="dict", print_info=False)
    assert list(api["named_endpoints"]) == ["/predict", "/predict_batch"]
    assert api["unnamed_endpoints"] == {}


def test_predict_answers_as_the_command_line_does(client: Client, astronaut: Path) -> None:
    record = client.predict(handle_file(astronaut), api_name="/predict")
    assert list(record) == ["image", "width", "height", "faces", "ms"]
    assert (record["image"], record["width"], record["height"]) == ("astronaut.jpg", 512, 512)
    assert list(record["ms"]) == ["decode", "detect", "classify"]
    (face,) = record["faces"]
    assert list(face) == ["box", "score", "label", "confidence", "probabilities"]
    assert list(face["probabilities"]) == list(LABELS)
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=0.01)


def test_predict_of_a_wall_finds_no_face(client: Client, no_faces: Path) -> None:
    assert client.predict(handle_file(no_faces), api_name="/predict")["faces"] == []


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\xff\xd8\xff\xe0 cut short"])
def test_predict_names_a_file_that_is_no_picture(
    client: Client, content: bytes, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(content)
    with pytest.raises(AppError) as raised:
        client.predict(handle_file(broken), api_name="/predict")
    assert str(raised.value).startswith("broken.jpg is ")
    assert "/" not in str(raised.value)


def test_predict_without_a_picture_says_so(client: Client) -> None:
    with pytest.raises(AppError, match="no picture was sent"):
        client.predict(None, api_name="/predict")


def test_predict_reads_no_picture_of_the_server(url: str, astronaut: Path) -> None:
    """What a client sends that was written to find one, with no mark that it is a file."""
    call = f"{url}/gradio_api/call/predict"
    asked = httpx.post(call, json={"data": [{"path": str(astronaut)}]}, timeout=60)
    answer = httpx.get(f"{call}/{asked.json()['event_id']}", timeout=60).text
    assert "not one that was uploaded" in answer
    assert "faces" not in answer
