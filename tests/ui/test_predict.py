"""The endpoints that programs call, through Gradio's own client and without it."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

import ui.endpoints
from emotion import LABELS

BROKEN = [b"", b"not a picture", b"\xff\xd8\xff\xe0 cut short"]


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False, analytics_enabled=False)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.jpg"
    path.write_bytes(BROKEN[-1])
    return path


def call(url: str, endpoint: str, *data: Any) -> str:
    """What curl gets: the stream of events, in two steps."""
    asked = httpx.post(f"{url}/gradio_api/call{endpoint}", json={"data": data}, timeout=60)
    event = asked.json()["event_id"]
    return httpx.get(f"{url}/gradio_api/call{endpoint}/{event}", timeout=60).text


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


@pytest.mark.parametrize("content", BROKEN)
def test_predict_names_a_file_that_is_no_picture(
    client: Client, content: bytes, broken: Path
) -> None:
    broken.write_bytes(content)
    with pytest.raises(AppError) as raised:
        client.predict(handle_file(broken), api_name="/predict")
    assert str(raised.value).startswith("broken.jpg is ")
    assert "/" not in str(raised.value)


def test_predict_without_a_picture_says_so(client: Client) -> None:
    with pytest.raises(AppError, match="no picture was sent"):
        client.predict(None, api_name="/predict")


def test_predict_takes_a_data_uri(url: str, astronaut: Path) -> None:
    uri = "data:image/jpeg;base64," + base64.b64encode(astronaut.read_bytes()).decode()
    answer = call(url, "/predict", {"url": uri})
    assert json.loads(answer.split("data: ")[1])[0]["faces"][0]["label"] in LABELS


@pytest.mark.parametrize("pictures", [None, []])
def test_predict_batch_without_pictures_says_so(client: Client, pictures: Any) -> None:
    with pytest.raises(AppError, match="no pictures were sent"):
        client.predict(pictures, api_name="/predict_batch")


def test_predict_batch_answers_for_each_picture_in_order(
    client: Client, astronaut: Path, broken: Path, no_faces: Path
) -> None:
    files = [handle_file(path) for path in (astronaut, broken, no_faces)]
    first, second, third = client.predict(files, api_name="/predict_batch")
    alone = client.predict(files[0], api_name="/predict")
    assert first | {"ms": 0} == alone | {"ms": 0}
    assert second == {"image": "broken.jpg", "error": "broken.jpg is damaged"}
    assert (third["image"], third["faces"]) == (no_faces.name, [])


def test_predict_batch_says_how_many_pictures_it_takes(
    client: Client, no_faces: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.endpoints, "PICTURES_AT_ONCE", 2)
    with pytest.raises(AppError, match="3 pictures were sent, and 2 at most"):
        client.predict(3 * [handle_file(no_faces)], api_name="/predict_batch")


def test_curl_is_answered_in_two_steps(url: str, astronaut: Path) -> None:
    with astronaut.open("rb") as file:
        uploaded = httpx.post(f"{url}/gradio_api/upload", files={"files": file}, timeout=60)
    file = {"path": uploaded.json()[0], "meta": {"_type": "gradio.FileData"}}
    event, data = call(url, "/predict_batch", [file]).strip().split("\n")
    assert event == "event: complete"
    ((record,),) = json.loads(data.removeprefix("data: "))
    assert len(record["faces"]) == 1
