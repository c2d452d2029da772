"""What a request may do, tried on the app as it really runs; and what is left of it afterwards."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import cv2
import httpx
import numpy as np
import pytest

from tests.ui.conftest import Elsewhere
from tests.ui.own_server import Server, running
from ui.security import NOT_UPLOADED

# Limits that a test can reach; a busy machine needs seconds to read what it was sent.
BEFORE = (
    "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)); "
    "import ui.limits as l; l.SWEEP_EVERY, l.SWEEP_AGE, l.SILENT_SECONDS = 1, 6, 2; "
    "l.IDLE_SECONDS, l.UPLOAD_BYTES, l.CALL_BYTES = 1, 3 * 2**20, 2**20"
)
API = "/gradio_api"
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("security")
    with running(folder, BEFORE, EMOTION_MODEL=str(tiny_model)) as server:
        yield server
        # Whatever was sent, no fault is logged and no file is left.
        log = server.log.read_text(errors="replace")
        assert "Traceback" not in log, log[-5000:]
        assert server.kept_at_last() == []


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def wall() -> bytes:
    return cv2.imencode(".png", np.full((240, 320), 128, np.uint8))[1].tobytes()


def upload(client: httpx.Client, name: str, content: bytes) -> str:
    """The path on the server, once it is there: Gradio moves the file after it has answered."""
    path = str(client.post(f"{API}/upload", files={"files": (name, content)}).json()[0])
    while not Path(path).exists():
        time.sleep(0.01)
    return path


def part(client: httpx.Client, name: str) -> int:
    """The number of a component, as the page knows it."""
    components = client.get("/config").json()["components"]
    return next(c["id"] for c in components if c["props"].get("elem_id") == name)


def test_what_the_app_does_not_need_is_closed(client: httpx.Client) -> None:
    for route in (
        "file=HTTPS://example.org/a.png",
        "file%3Dhttp%3A%2F%2Fexample.org%2Fa.png",
        "proxy=https://example.hf.space/a.png",
        "deep_link?session_hash=mine",
        "stream/a/b/1/playlist.m3u8",
        "custom_component/a/client/component/style.css",
        "vibe-code",
        "dev/reload",
        "process_recording",
    ):
        answer = client.get(f"{API}/{route}")
        assert (answer.status_code, answer.json()) == (404, {"detail": "this is closed here"})
    assert client.get("/monitoring").status_code == 403
    # Files come in at one place only.
    stray = client.post(f"{API}/call/predict", files={"video": ("a.mp4", b"a face")})
    assert stray.status_code == 415


@pytest.mark.parametrize("route", ["/gradio_api/file=", "/gradio_api/file/", "/static/", "/model/"])
def test_no_route_leads_out_of_the_uploads(
    client: httpx.Client, server: Server, route: str
) -> None:
    uploads = server.files / "gradio"
    for path in (
        *("/etc/passwd", "//etc/passwd", "%2Fetc%2Fpasswd", "/etc/passwd%00.png", "app.py"),
        *(uploads, f"{uploads}/../../log", f"{uploads}/..%2f..%2flog"),
    ):
        # As it stands: httpx would resolve the dots.
        address = httpx.URL(server.url, raw_path=f"{route}{path}".encode())
        answer = client.send(client.build_request("GET", address))
        assert answer.status_code in (403, 404), path


@pytest.mark.parametrize("path", ["/", "/gradio_api/vibe-code"])
def test_every_answer_has_the_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=(self)" in headers["Permissions-Policy"]
    assert headers["Content-Security-Policy"].startswith("default-src 'self'; ")


@pytest.mark.parametrize("name", ["a.svg", "<img src=x>.png"])
def test_an_upload_is_never_run_nor_cached(client: httpx.Client, name: str) -> None:
    path = upload(client, name, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    headers = client.get(f"{API}/file={path}").headers
    assert headers["Cache-Control"] == "no-store"
    is_picture = headers["Content-Type"].startswith("image/png")
    assert is_picture or headers["Content-Disposition"].startswith("attachment")


def calls(file: Any, client: httpx.Client) -> dict[str, Any]:
    """Every way in which a call can name a file, as the path of the route to its body."""
    batch = {"component_id": part(client, "batch"), "fn_name": "read_picture", "session_hash": "a"}
    return {
        "call/predict": {"data": [file]},
        "call/predict_batch": {"data": [[file]]},
        "call/v2/predict": {"image": file},
        "run/predict": {"data": [file]},
        "queue/join": {"fn_index": 0, "session_hash": "a", "data": [file]},
        "component_server": batch | {"data": file | {"name": "a.png"}},
    }


@pytest.mark.parametrize(
    "path",
    [
        *("", "a\0b", "a\ud83d", "/etc/passwd", "{uploads}", "{uploads}/../../etc/passwd"),
        "http://127.0.0.1:{port}/a.png",
        "https://example.org/gradio_api/file={uploads}/%2E%2E/%2E%2E/etc/passwd",
    ],
)
def test_only_what_was_uploaded_is_read(
    client: httpx.Client, server: Server, elsewhere: Elsewhere, path: str
) -> None:
    path = path.replace("{port}", str(elsewhere.server_port))
    path = path.replace("{uploads}", str(server.files / "gradio"))
    file = {"path": path, "url": path, "meta": {"_type": "gradio.FileData"}}
    for route, body in calls(file, client).items():
        answer = client.post(f"{API}/{route}", content=json.dumps(body), headers=JSON)
        assert answer.status_code == 422, route
        assert answer.json()["detail"][0]["message"] == NOT_UPLOADED
    assert elsewhere.asked == []


def test_no_way_of_writing_it_helps(client: httpx.Client) -> None:
    plain = json.dumps({"data": [{"path": "http://example.org/"}]})
    for body in (
        plain.replace("path", "p\\u0061th").replace("http", "\\u0068ttp").encode(),
        plain.encode("utf-16"),
        json.dumps({"data": [[[{"a": {"path": "/etc/passwd"}}]]]}).encode(),
    ):
        assert client.post(f"{API}/call/predict", content=body, headers=JSON).status_code == 422


def answer_of(client: httpx.Client, file: Any) -> str:
    body = json.dumps({"image": file})
    asked = client.post(f"{API}/call/v2/predict", content=body, headers=JSON)
    return client.get(f"{API}/call/predict/{asked.json()['event_id']}").text


def test_an_upload_may_be_named_by_its_own_address(client: httpx.Client, wall: bytes) -> None:
    """As `gradio upload-mcp` does."""
    path = upload(client, "my wall.png", wall)
    assert '"faces": []' in answer_of(client, {"path": f"http://a/gradio_api/file={quote(path)}"})


def test_an_address_beside_the_path_is_not_fetched(
    client: httpx.Client, elsewhere: Elsewhere
) -> None:
    said = answer_of(
        client, {"url": f"http://127.0.0.1:{elsewhere.server_port}/a.png", "path": None}
    )
    assert "neither a file nor a base64 data URI" in said
    assert elsewhere.asked == []


@pytest.mark.parametrize("name", [b"half an emoji \xed\xa0\xbd.png", b"zero \0.png"])
def test_uploads_with_odd_names_are_read(client: httpx.Client, wall: bytes, name: bytes) -> None:
    head = b'--X\r\nContent-Disposition: form-data; name="files"; filename="' + name + b'"\r\n\r\n'
    kind = {"content-type": "multipart/form-data; boundary=X"}
    sent = client.post(f"{API}/upload", content=head + wall + b"\r\n--X--\r\n", headers=kind)
    file = {"path": sent.json()[0], "orig_name": "half an emoji \ud83d.png"}
    assert '"faces": []' in answer_of(client, file)


def test_rubbish_is_refused(client: httpx.Client) -> None:
    for body in (b"", b"[" * 100_000, b"\xff\xfe", b"null"):
        answer = client.post(f"{API}/call/predict", content=body, headers=JSON)
        assert 400 <= answer.status_code < 500


def raw(server: Server, text: bytes) -> socket.socket:
    """A connection on which this was sent."""
    place = urlsplit(server.url)
    connection = socket.create_connection((place.hostname, place.port), 60)
    connection.sendall(text)
    return connection


HALF_AN_UPLOAD = (
    b"POST /gradio_api/upload HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n"
    b"Content-Type: multipart/form-data; boundary=XX\r\n\r\n"
    b'--XX\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\na face'
    + bytes(20_000)
)
HALF_A_CALL = (
    b"POST /gradio_api/call/predict HTTP/1.1\r\nHost: here\r\n"
    b"Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
)


def test_an_upload_that_breaks_off_is_deleted(client: httpx.Client, server: Server) -> None:
    connection = raw(server, HALF_AN_UPLOAD)
    while not server.kept():
        assert client.get("/healthz").status_code == 200
    connection.close()
    assert server.kept_at_last() == []


@pytest.mark.parametrize("said", [HALF_AN_UPLOAD, HALF_A_CALL], ids=["upload", "call"])
def test_a_request_that_stalls_is_ended(server: Server, said: bytes) -> None:
    with raw(server, said) as connection:
        answer = b"".join(iter(lambda: connection.recv(10_000), b""))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert answer.endswith(b"the request has come to a standstill")
    assert server.kept_at_last() == []


def test_connections_without_a_request_are_ended(server: Server) -> None:
    """Also where they are more than there are descriptors for, which is said once."""
    silent = [raw(server, said) for said in [b"", b"GET / HT"] * 200]
    assert httpx.get(f"{server.url}/healthz", timeout=60).status_code == 200
    assert [connection.recv(1) for connection in silent] == [b""] * 400
    for connection in silent:
        connection.close()
    assert server.log.read_text().count("too many connections") == 1


def test_too_much_in_one_request_is_refused(client: httpx.Client, server: Server) -> None:
    files = [("files", (f"{number}.png", bytes(2**20))) for number in range(5)]
    for answer in (
        client.post(f"{API}/upload", files=files),
        client.post(f"{API}/call/predict", json={"data": [{"url": "x" * 2**20}]}),
    ):
        assert (answer.status_code, answer.text) == (413, "the request is too large")
    assert server.kept_at_last() == []


@pytest.mark.parametrize("file", [("other", ("a.png", b"a face")), ("files", ("..", b"a face"))])
def test_a_file_that_gradio_forgets_is_deleted(
    client: httpx.Client, server: Server, file: Any
) -> None:
    assert client.post(f"{API}/upload", files=[file]).status_code in (200, 400)
    assert len(server.kept()) == 1
    assert server.kept_at_last() == []


def test_the_page_is_compressed(client: httpx.Client) -> None:
    assert client.get("/").headers["content-encoding"] == "gzip"
