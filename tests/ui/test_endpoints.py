"""What a program may find out, and what it may not make the server do, over real HTTP."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr
import httpx
import pytest

import ui.bodies
import ui.endpoints
import ui.guard
from ui.endpoints import mcp_installed
from ui.page import launch_options
from ui.settings import Recognizers

Post = Callable[..., httpx.Response]

META = {"meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def post(url: str) -> Iterator[Post]:
    """Posts to a route of Gradio's."""
    with httpx.Client(base_url=f"{url}/gradio_api/", timeout=60) as client:
        yield client.post


def test_health_is_told_with_what_runs(url: str, recognizers: Recognizers) -> None:
    answer = httpx.get(f"{url}/healthz", timeout=60)
    assert answer.status_code == 200
    detector = recognizers.default.detector.name
    assert answer.json() == {"status": "ok", "model": "tiny", "detector": detector}


@pytest.mark.parametrize("endpoint", ["/predict", "/predict_batch"])
def test_the_api_page_describes_the_endpoints(url: str, endpoint: str) -> None:
    info = httpx.get(f"{url}/gradio_api/info", timeout=60).json()["named_endpoints"][endpoint]
    assert len(info["description"]) > 50
    (parameter,) = info["parameters"]
    assert parameter["parameter_name"] in ("image", "images")


@pytest.mark.parametrize(("spec", "installed"), [(None, False), (object(), True)])
def test_mcp_is_served_where_it_is_installed(
    recognizers: Recognizers, monkeypatch: pytest.MonkeyPatch, spec: Any, installed: bool
) -> None:
    monkeypatch.setattr(ui.endpoints, "find_spec", lambda name: spec if name == "mcp" else None)
    assert mcp_installed() is installed
    assert launch_options(recognizers)["mcp_server"] is installed


class Inside(BaseHTTPRequestHandler):
    """A service that is not meant for visitors of the app."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    """Listens on this machine; `asked` of its handler says what it was asked for."""
    monkeypatch.setattr(Inside, "asked", [], raising=False)
    with HTTPServer(("127.0.0.1", 0), Inside) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Gradio would have fetched for a client."""
    addresses: list[str] = []

    async def fetch(url: str, **_: Any) -> httpx.Response:
        addresses.append(url)
        raise httpx.ConnectError("not in tests")

    monkeypatch.setattr("gradio.processing_utils.async_ssrf_protected_get", fetch)
    return addresses


def private_event(served: gr.Blocks) -> int:
    """The number of an event that only the page uses, with a picture as its input."""
    return next(
        number
        for number, function in served.fns.items()
        if function.api_visibility == "private" and isinstance(function.inputs[0], gr.Image)
    )


def questions(file: Any, served: gr.Blocks) -> dict[str, Any]:
    """Every way in which a call can name a file, as the path of the route to its body."""
    event = {"fn_index": private_event(served), "session_hash": "mine"}
    batch = next(b for b in served.blocks.values() if getattr(b, "elem_id", "") == "batch")
    asked = {"component_id": batch._id, "fn_name": "read_files", "session_hash": "mine"}
    return {
        "call/predict": {"data": [file]},
        "call/predict_batch": {"data": [[file]]},
        "call/v2/predict": {"image": file},
        "run/predict": {"data": [file]},
        "api/predict": {"data": [file]},
        "queue/join": event | {"data": [file]},
        "component_server": asked | {"data": file | {"name": "a.png", "start": 0}},
    }


PATHS = [
    "http://127.0.0.1:{port}/a.png",
    "HTTP://localhost:{port}/a.png",
    "http://169.254.169.254/latest/meta-data/",
    "https://example.org/a.png",
    "file:///etc/passwd",
    "/etc/passwd",
    "README.md",
    "{uploads}/../../etc/passwd",
    "{uploads}",
    "",
    "a\0b",
    "https://example.org/gradio_api/file=/etc/passwd",
    "https://example.org/gradio_api/file={uploads}/%2E%2E/%2E%2E/etc/passwd",
]


@pytest.fixture(params=PATHS)
def outside(request: pytest.FixtureRequest, inside: HTTPServer, temp_folder: Path) -> str:
    """A path that no upload has."""
    port = str(inside.server_port)
    return str(request.param).replace("{port}", port).replace("{uploads}", str(temp_folder))


@pytest.mark.parametrize("meta", [META, {}], ids=["marked", "bare"])
def test_only_what_was_uploaded_is_read(
    post: Post, served: gr.Blocks, fetched: list[str], outside: str, meta: Any
) -> None:
    for route, body in questions({"path": outside, "url": outside} | meta, served).items():
        answer = post(route, json=body)
        assert answer.status_code == 422, route
        assert answer.json()["detail"][0]["message"] == ui.guard.SENTENCE
    assert fetched == []
    assert Inside.asked == []


def test_no_way_of_writing_it_helps(post: Post, fetched: list[str]) -> None:
    address = {"path": "http://example.org/"} | META
    plain = json.dumps({"data": [address]})
    for body in (
        plain.replace("path", "p\\u0061th").replace("http", "\\u0068ttp").encode(),
        plain.encode("utf-16"),
        json.dumps({"data": [[[{"a": address}]]]}).encode(),
    ):
        answer = post("call/predict", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422
    assert fetched == []


def test_an_upload_may_be_named_by_its_own_address(
    url: str, post: Post, fetched: list[str], no_faces: Path
) -> None:
    """As `gradio upload-mcp` does."""
    path = post("upload", files={"files": ("my wall.png", no_faces.read_bytes())}).json()[0]
    file = {"path": f"{url}/gradio_api/file={quote(path)}"} | META
    assert "%20" in file["path"]
    event = post("call/predict", json={"data": [file]}).json()["event_id"]
    answer = httpx.get(f"{url}/gradio_api/call/predict/{event}", timeout=60).text
    assert '"faces": []' in answer
    assert fetched == []


def test_an_address_beside_the_path_is_not_fetched(
    url: str, post: Post, inside: HTTPServer, fetched: list[str]
) -> None:
    address = f"http://127.0.0.1:{inside.server_port}/a.png"
    for file in ({"url": address}, {"url": address, "path": None} | META):
        event = post("call/predict", json={"data": [file]}).json()["event_id"]
        answer = httpx.get(f"{url}/gradio_api/call/predict/{event}", timeout=60).text
        assert "neither a file nor a base64 data URI" in answer
    assert fetched == []
    assert Inside.asked == []


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"null", b'"a"'])
@pytest.mark.parametrize("route", ["call/predict", "queue/join", "component_server"])
def test_rubbish_is_turned_away(post: Post, route: str, body: bytes) -> None:
    answer = post(route, content=body, headers={"content-type": "application/json"})
    assert answer.status_code >= 400


def test_an_endless_body_is_cut_off(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui.bodies, "CALL_BYTES", 1000)
    answer = post("call/predict", json={"data": [{"url": "x" * 2000}]})
    assert (answer.status_code, answer.text) == (413, "the request is too large")
