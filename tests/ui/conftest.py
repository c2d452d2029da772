"""The app on a free port, a Chromium to look at it with, and a face before its camera."""

import asyncio
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import gradio as gr
import httpx
import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from ui.page import build_page, launch_options
from ui.settings import Recognizers

CAMERA_FLAGS = (
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)


def free_port() -> int:
    """A port nobody listens at; Gradio, looking for one itself, leaves sockets open."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def files_in(folder: Path) -> set[Path]:
    """All files below. Unlike rglob, it does not mind that the app deletes some meanwhile."""
    return {Path(parent, name) for parent, _, names in os.walk(folder) for name in names}


@pytest.fixture(scope="session")
def recognizers(explaining_model: Path) -> Recognizers:
    return Recognizers(explaining_model)


@pytest.fixture(scope="session")
def launch(temp_folder: Path) -> Iterator[Callable[[Recognizers], gr.Blocks]]:
    """Launches the app with a model; every one is closed in the end."""
    running: list[gr.Blocks] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(temp_folder))
        # Gradio 6.31 opens an event loop for each lock, and closes none.
        patch.setattr("gradio.queueing.safe_get_lock", asyncio.Lock)
        patch.setattr("gradio.utils.safe_get_lock", asyncio.Lock)
        patch.setattr("gradio.utils.safe_get_stop_event", asyncio.Event)

        def start(recognizers: Recognizers) -> gr.Blocks:
            blocks = build_page(recognizers)
            running.append(blocks)
            options = launch_options(recognizers) | {"prevent_thread_lock": True, "quiet": True}
            blocks.launch(**options, server_name="127.0.0.1", server_port=free_port())
            return blocks

        yield start
        for blocks in running:
            blocks.close()


@pytest.fixture(scope="session")
def temp_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Gradio keeps its files during these tests."""
    return tmp_path_factory.mktemp("gradio")


@pytest.fixture(scope="session")
def served(launch: Callable[[Recognizers], gr.Blocks], recognizers: Recognizers) -> gr.Blocks:
    return launch(recognizers)


@pytest.fixture(scope="session")
def url(served: gr.Blocks) -> str:
    return served.local_url.rstrip("/")


@pytest.fixture(scope="session")
def post(url: str) -> Iterator[Callable[..., httpx.Response]]:
    with httpx.Client(base_url=f"{url}/gradio_api/", timeout=60) as client:
        yield client.post


@pytest.fixture
def call(post: Callable[..., httpx.Response], served: gr.Blocks) -> Callable[[str, str, Any], Any]:
    """Calls a server function of a tab, as the tab's script does: tab, function, data."""

    def answered(tab: str, function: str, data: Any) -> Any:
        block = next(b for b in served.blocks.values() if getattr(b, "elem_id", "") == tab)
        body = {"component_id": block._id, "fn_name": function, "session_hash": "mine"}
        answer = post("component_server", json=body | {"data": data})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return answered


@pytest.fixture
def upload(post: Callable[..., httpx.Response]) -> Callable[[bytes, str], Path]:
    """Uploads content under a name; gives its path on the server."""
    return lambda content, name: Path(post("upload", files={"files": (name, content)}).json()[0])


class Elsewhere(ThreadingHTTPServer):
    """A host that the app and its page must not ask; what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Refusal)
        self.asked: list[str] = []


class Refusal(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.requestline)  # type: ignore[attr-defined]
        self.send_error(502)

    do_CONNECT = do_POST = do_GET


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser(
    url: str, astronaut_image: np.ndarray, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """Chromium with the astronaut before its camera."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        required = os.environ.get("EMOTION_REQUIRE_BROWSER") == "1"
        (pytest.fail if required else pytest.skip)("there is no Chromium: apt-get install chromium")
    film = write_film(astronaut_image, tmp_path_factory.mktemp("camera") / "astronaut.mjpeg")
    flags = [*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={film}"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def locale() -> str:
    """The language of the visitor's browser; a test's parameter may be another."""
    return "en-US"


@contextmanager
def visiting(
    browser: Any, url: str, prepare: Callable[[Any], object] = str, **options: Any
) -> Iterator[Any]:
    """The app in a fresh window, which `prepare` gets before the app."""
    context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
    # A machine that does other things at the same time is slow.
    context.set_default_timeout(90_000)
    page = context.new_page()
    prepare(page)
    page.goto(url)
    page.locator(".example").first.wait_for()
    yield page
    context.close()


@pytest.fixture
def page(browser: Any, url: str, locale: str) -> Iterator[Any]:
    """The app in a fresh window; in the end, nothing went wrong."""
    errors: list[str] = []

    def prepare(page: Any) -> None:
        page.on("pageerror", lambda error: errors.append(str(error)))

    with visiting(browser, url, prepare, locale=locale) as page:
        yield page
    assert errors == []


def write_film(image: np.ndarray, path: Path) -> Path:
    """For Chromium's camera: 640x480 at 30 frames a second, now bright and now dark."""
    face = cv2.cvtColor(cv2.resize(image, (640, 640))[:480], cv2.COLOR_RGB2BGR)
    frames = []
    for turn in np.linspace(0, 2 * np.pi, 60, endpoint=False):
        light = np.clip(face * (0.75 + 0.25 * np.cos(turn)), 0, 255).astype(np.uint8)
        frames.append(cv2.imencode(".jpg", light)[1].tobytes())
    path.write_bytes(b"".join(frames))
    return path


@pytest.fixture
def two_faces(astronaut_image: np.ndarray, tmp_path: Path) -> Path:
    """A picture of 1024x512 with a face left and right."""
    return save(np.hstack([astronaut_image, astronaut_image[:, ::-1]]), tmp_path / "two-faces.png")


@pytest.fixture
def no_faces(tmp_path: Path) -> Path:
    return save(np.full((240, 320, 3), 128, np.uint8), tmp_path / "wall.png")


def save(image: np.ndarray, path: Path) -> Path:
    cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return path
