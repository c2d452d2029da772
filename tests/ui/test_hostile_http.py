"""Clients that mean harm, or nothing, before the app as it really runs; what they get and leave."""

import json
import socket
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.clips import scene, write_clip
from tests.ui.own_server import Server, running

# Limits that a test can reach.
BEFORE = (
    "import ui.batch_tab, ui.bodies, ui.jobs, ui.page; "
    "ui.page.SWEEP_EVERY, ui.page.SWEEP_AGE = 1, 2; "
    "ui.bodies.SILENT_SECONDS = 2; ui.bodies.UPLOAD_BYTES = 3 * 2**20; ui.jobs.SILENT_SECONDS = 3; "
    "ui.batch_tab.PART_SECONDS = 0.1"
)
API = "/gradio_api"
PATIENCE = 60
HEX = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("hostile")
    with running(folder, BEFORE, EMOTION_MODEL=str(tiny_model)) as server:
        yield server
        # Whatever was sent: no fault of the server's, and no picture, is left.
        log = server.log.read_text(errors="replace")
        assert "Traceback" not in log, log[-5000:]
        assert server.kept_at_last() == []
        server.process.terminate()
        server.process.wait(PATIENCE)
        assert list((server.files / "gradio").glob("facial-expressions-*")) == []


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
        yield client


def upload(client: httpx.Client, name: str, content: bytes) -> str:
    """The path on the server."""
    return str(client.post(f"{API}/upload", files={"files": (name, content)}).json()[0])


def is_well(client: httpx.Client) -> bool:
    return client.get("/healthz").json()["status"] == "ok"


def part(client: httpx.Client, name: str) -> int:
    """The number of a tab's part, as the page knows it."""
    components = client.get("/config").json()["components"]
    return next(c["id"] for c in components if c["props"].get("elem_id") == name)


def ask(client: httpx.Client, tab: str, function: str, data: Any) -> Any:
    body = {"component_id": part(client, tab), "fn_name": function, "session_hash": "mine"}
    answer = client.post(f"{API}/component_server", json=body | {"data": data})
    assert answer.status_code == 200, answer.text
    return answer.json()


CLOSED = [
    "file=http://127.0.0.1:{port}/healthz",
    "file=https://example.org/a.png",
    "file=HTTP://example.org/a.png",
    "file/https://example.org/a.png",
    "file%3Dhttp%3A%2F%2Fexample.org%2Fa.png",
    "proxy=https://example.hf.space/a.png",
    "deep_link?session_hash=mine",
    "stream/a/b/1/playlist.m3u8",
    "custom_component/a/client/component/style.css",
    "vibe-code",
    "dev/reload",
]


@pytest.mark.parametrize("route", CLOSED)
def test_what_the_app_does_not_need_is_closed(
    client: httpx.Client, server: Server, route: str
) -> None:
    port = str(urlsplit(server.url).port)
    answer = client.get(f"{API}/{route.replace('{port}', port)}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "this is closed here"})


def test_monitoring_is_closed(client: httpx.Client) -> None:
    assert client.get("/monitoring").status_code == 403
    assert client.get("/monitoring/summary").status_code == 403


@pytest.mark.parametrize("route", ["component_server", "process_recording", "call/predict"])
def test_files_come_in_at_one_place_only(client: httpx.Client, route: str) -> None:
    answer = client.post(f"{API}/{route}", files={"video": ("a.mp4", b"a face")})
    assert answer.status_code in (404, 415)


RUBBISH = [
    ("call/predict", {"data": [7]}, "value 1 of the data must be a file"),
    ("call/predict", {"data": [[1]]}, "value 1 of the data must be a file"),
    ("call/predict", {"data": [{"path": 7}]}, "value 1 of the data must be a file"),
    ("call/predict", {"data": [{"url": "x", "orig_name": {}}]}, "value 1 of the data must be"),
    ("call/predict", {"data": []}, "the data must be a list of 1"),
    ("call/predict", {"data": {}}, "the data must be a list of 1"),
    ("call/predict", {}, "the data must be a list of 1"),
    ("call/predict", 7, "the data must be a list of 1"),
    ("call/predict_batch", {"data": [7]}, "value 1 of the data must be files"),
    ("call/predict_batch", {"data": [[None]]}, "value 1 of the data must be files"),
    ("call/nothing", {"data": []}, "there is no such function"),
    ("call/v2/nothing", {}, "there is no such function"),
    ("call/v2/predict", {"picture": None}, "the call must be an object with image in it"),
    ("call/v2/predict", {"image": 7}, "value 1 of the data must be a file"),
    ("run/nothing", {"data": []}, "there is no such function"),
    ("run/predict", {"data": [7]}, "value 1 of the data must be a file"),
    ("run/predict", {"data": [7], "fn_index": 999}, "there is no such function"),
    ("queue/join", {"data": [], "fn_index": 999, "session_hash": "a"}, "there is no such function"),
    ("queue/join", {"data": [], "fn_index": [], "session_hash": "a"}, "there is no such function"),
    ("queue/join", {"data": [], "session_hash": "a"}, "there is no such function"),
    ("component_server", {"component_id": 999, "fn_name": "x"}, "there is no such part"),
    ("component_server", {"component_id": {}, "fn_name": "x"}, "there is no such part"),
    ("component_server", [], "there is no such part"),
]


@pytest.mark.parametrize(("route", "body", "sentence"), RUBBISH)
def test_a_call_that_is_none_is_one_sentence(
    client: httpx.Client, route: str, body: Any, sentence: str
) -> None:
    answer = client.post(f"{API}/{route}", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["message"].startswith(sentence)


PATHS = [
    "/etc/passwd",
    "{uploads}",
    "{uploads}/",
    "{uploads}/../../log",
    "{uploads}/%2e%2e/%2e%2e/log",
    "{uploads}/..%2f..%2flog",
    "..%2f..%2f..%2fetc%2fpasswd",
    "/proc/self/environ",
    "%2Fetc%2Fpasswd",
    "//etc/passwd",
    "/etc/passwd%00.png",
    "C:%5CWindows%5Cwin.ini",
    "app.py",
    "emotion/model/emotion.onnx",
    ".venv/pyvenv.cfg",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "route",
    ["/gradio_api/file=", "/gradio_api/file/", "/file=", "/static/", "/assets/", "/svelte/"],
)
def test_no_route_leads_out_of_the_uploads(
    client: httpx.Client, server: Server, route: str, path: str
) -> None:
    above = str(server.files / "gradio")
    # As it stands: httpx would take the dots out.
    address = f"{route}{path.replace('{uploads}', above)}".encode()
    answer = client.send(
        client.build_request("GET", httpx.URL(server.url, raw_path=address), headers={})
    )
    assert answer.status_code in (403, 404)
    assert "root:" not in answer.text


@pytest.mark.parametrize("path", ["/", "/healthz", "/gradio_api/vibe-code", "/nothing"])
def test_every_answer_has_the_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=(self)" in headers["Permissions-Policy"]
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self' https://huggingface.co https://*.hf.space" in policy


@pytest.mark.parametrize("name", ["a.svg", "a.html", "a.js", "a.xml", "<img src=x>.png"])
def test_what_was_sent_is_never_run_nor_cached(client: httpx.Client, name: str) -> None:
    path = upload(client, name, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    headers = client.get(f"{API}/file={path}").headers
    assert headers["Cache-Control"] == "no-store"
    active = headers["Content-Type"].partition(";")[0] not in ("image/png",)
    assert not active or headers["Content-Disposition"].startswith("attachment")


def raw(server: Server, text: bytes) -> socket.socket:
    """A connection on which so much was sent."""
    place = urlsplit(server.url)
    connection = socket.create_connection((place.hostname, place.port), PATIENCE)
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
        assert is_well(client)
    connection.close()
    assert server.kept_at_last() == []


@pytest.mark.parametrize("said", [HALF_AN_UPLOAD, HALF_A_CALL], ids=["upload", "call"])
def test_a_request_that_stands_still_is_ended(server: Server, said: bytes) -> None:
    with raw(server, said) as connection:
        answer = b"".join(iter(lambda: connection.recv(10_000), b""))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert answer.endswith(b"the request has come to a standstill")
    assert server.kept_at_last() == []


def test_too_much_in_one_go_is_refused_and_deleted(client: httpx.Client, server: Server) -> None:
    files = [("files", (f"{number}.png", bytes(2**20))) for number in range(5)]
    answer = client.post(f"{API}/upload", files=files)
    assert (answer.status_code, answer.text) == (413, "the request is too large")
    assert server.kept_at_last() == []


@pytest.mark.parametrize("file", [("other", ("a.png", b"a face")), ("files", ("..", b"a face"))])
def test_a_file_that_gradio_forgets_is_deleted(
    client: httpx.Client, server: Server, file: Any
) -> None:
    assert client.post(f"{API}/upload", files=[file]).status_code in (200, 400)
    assert len(server.kept()) == 1
    assert server.kept_at_last() == []


@pytest.mark.parametrize("said", [b"", b"GET / HT", HALF_A_CALL], ids=["none", "line", "call"])
def test_who_stalls_keeps_nobody_waiting(client: httpx.Client, server: Server, said: bytes) -> None:
    stalled = [raw(server, said) for _ in range(50)]
    assert is_well(client)
    assert ask(client, "batch", "read_files", None)["error"].startswith("the question must")
    for connection in stalled:
        connection.close()
    assert is_well(client)


def test_in_a_flood_everybody_is_answered(
    client: httpx.Client, server: Server, no_faces: Path
) -> None:
    """With a result, or with a sentence that there are too many; none is lost, none hangs."""
    content = no_faces.read_bytes()

    def visit(number: int) -> str:
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as mine:
            file = {"path": upload(mine, f"{number}.png", content)}
            asked = mine.post(f"{API}/call/predict", json={"data": [file]})
            if asked.status_code != 200:
                return f"{asked.status_code} {asked.text}"
            event = asked.json()["event_id"]
            return mine.get(f"{API}/call/predict/{event}").text

    with ThreadPoolExecutor(60) as crowd:
        answers = list(crowd.map(visit, range(60)))
    read = [answer for answer in answers if '"faces": []' in answer]
    full = [answer for answer in answers if answer.startswith("503 ")]
    assert len(read) + len(full) == 60
    assert len(read) >= 40
    assert is_well(client)


def test_who_leaves_does_not_fetch_and_leaves_nothing(
    client: httpx.Client, server: Server, astronaut: Path, tmp_path: Path
) -> None:
    """A result that nobody fetches, a zip and a film that nobody asks for any more."""
    file = {"path": upload(client, "a.jpg", astronaut.read_bytes())}
    assert client.post(f"{API}/call/predict", json={"data": [file]}).status_code == 200
    pictures = BytesIO()
    with zipfile.ZipFile(pictures, "w") as archive:
        for number in range(40):
            archive.write(astronaut, f"{number}.jpg")
    path = upload(client, f"batch-{HEX}", pictures.getvalue())
    answer = ask(client, "batch", "read_files", {"path": path, "name": "a.zip", "start": 0})
    assert "next" in answer
    clip = write_clip(tmp_path / "a.mp4", [scene(0)] * 300, options={"preset": "ultrafast"})
    path = upload(client, f"video-{HEX}", clip.read_bytes())
    question = {"path": path, "name": "a.mp4", "rate": 30, "settings": None}
    job = ask(client, "video", "begin", question)["job"]
    assert "error" not in ask(client, "video", "progress", job)
    assert server.kept() != []
    assert server.kept_at_last() == []
    assert is_well(client)


def test_a_thousand_small_files_are_answered_part_by_part(client: httpx.Client) -> None:
    pictures = BytesIO()
    with zipfile.ZipFile(pictures, "w") as archive:
        for number in range(1000):
            archive.writestr(f"../{number}.png", b"no picture")
    path = upload(client, f"batch-{HEX}", pictures.getvalue())
    question, names = {"path": path, "name": "many.zip", "start": 0}, []
    while question["start"] is not None:
        answer = ask(client, "batch", "read_files", question)
        names += [result["record"]["image"] for result in answer["results"]]
        question["start"] = answer.get("next")
    assert names == [f"many.zip/{number}.png" for number in range(1000)]


@pytest.mark.parametrize("said", [b"\x00\xff\x16\x03\r\n\r\n", b"GET / HTTP/9\r\n\r\n"])
def test_what_is_no_request_is_refused(client: httpx.Client, server: Server, said: bytes) -> None:
    with raw(server, said) as connection:
        assert connection.recv(10_000).startswith(b"HTTP/1.1 400 ")
    assert is_well(client)


def test_a_body_nested_without_end_is_refused(client: httpx.Client) -> None:
    body = b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    headers = {"content-type": "application/json"}
    answer = client.post(f"{API}/call/predict", content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert json.loads(answer.text)
