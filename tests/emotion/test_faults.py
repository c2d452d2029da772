"""Faults of the world around: a Hub that is down, slow or cut off, a bad cache."""

import hashlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import huggingface_hub.constants
import pytest

from emotion import EmotionClassifier, ModelError, hub
from tests.conftest import ROOT

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SECONDS = 0.5


class Hub(ThreadingHTTPServer):
    """Has one file, and gives it as the name of the repository says: well, cut, mute or slow."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.half_sent, self.closed = content, Event(), Event()
        self.is_mended = False
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        if "/mute" in self.path:
            self.server.closed.wait()
        self.send_response(200)
        tag = hashlib.sha256(self.server.content).hexdigest()
        headers = {"ETag": f'"{tag}"', "X-Repo-Commit": COMMIT}
        for name, value in (headers | {"Content-Length": str(len(self.server.content))}).items():
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        content = self.server.content
        if "/well" in self.path or self.server.is_mended:
            self.wfile.write(content)
        elif "/other" in self.path:
            self.wfile.write(content[::-1])
        else:
            self.wfile.write(content[: len(content) // 2])
            self.server.half_sent.set()
            if "/slow" in self.path:
                self.server.closed.wait()

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def server(tiny_model: Path) -> Iterator[Hub]:
    with Hub(tiny_model.read_bytes()) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.closed.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def online(server: Hub, cache: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> Hub:
    """This process speaks to the Hub, and loses patience after half a second."""
    settings = {
        "HF_HUB_OFFLINE": False,
        "HF_HUB_DISABLE_XET": True,
        "HF_HUB_DISABLE_PROGRESS_BARS": True,
        "HF_HUB_ETAG_TIMEOUT": SECONDS,
        "HF_HUB_DOWNLOAD_TIMEOUT": SECONDS,
        "ENDPOINT": server.url,
        "HUGGINGFACE_CO_URL_TEMPLATE": server.url + "/{repo_id}/resolve/{revision}/{filename}",
    }
    for name, value in settings.items():
        monkeypatch.setattr(huggingface_hub.constants, name, value)
    # A minute, six times, for a Hub that says nothing at all.
    monkeypatch.setattr("huggingface_hub.file_download._ETAG_RETRY_TIMEOUT", SECONDS)
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
    return server


def refusal(model: str) -> str:
    with pytest.raises(ModelError) as caught:
        EmotionClassifier(model)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("me/mute", "me/mute is not in the cache, and the Hub can't be reached"),
        ("me/slow", "me/slow could not be fetched from the Hub: "),
        ("me/cut", "me/cut could not be fetched from the Hub: "),
    ],
)
def test_a_hub_that_fails_is_one_sentence(online: Hub, name: str, sentence: str) -> None:
    said = refusal(name)
    assert said.startswith(sentence)
    assert "\n" not in said


def test_a_hub_that_is_down_is_one_sentence(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    # Port 9 is the one that throws everything away, and nobody listens at it.
    down = "http://127.0.0.1:9/{repo_id}/{revision}/{filename}"
    monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", down)
    assert refusal("me/well") == "me/well is not in the cache, and the Hub can't be reached"


def test_the_bundled_model_asks_nobody(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "do_HEAD", lambda _: pytest.fail("was asked"))
    assert EmotionClassifier().metadata["labels"]
    assert hub.find_yunet() is None


def test_a_file_that_changes_on_its_way_is_refused(online: Hub) -> None:
    said = refusal("me/other")
    assert said.startswith("me/other's emotion.onnx is not what the Hub has: delete ")


@pytest.mark.parametrize("change", ["flipped", "cut", "empty"])
def test_a_file_that_changed_in_the_cache_is_refused(online: Hub, change: str) -> None:
    path = hub.find_model("me/well")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    changed = {"flipped": bytes(content), "cut": bytes(content[:1000]), "empty": b""}
    blob = path.resolve()
    blob.write_bytes(changed[change])
    said = refusal("me/well")
    assert said == f"me/well's emotion.onnx is not what the Hub has: delete {blob}"
    # And that helps.
    blob.unlink()
    assert EmotionClassifier("me/well").metadata["version"] == "tiny"


def test_a_cache_that_can_not_be_written_is_one_sentence(online: Hub, cache: Path) -> None:
    # Not by its rights: those of root are unlimited.
    cache.write_bytes(b"a file where the folder should be")
    said = refusal("me/well")
    assert said.startswith("me/well could not be fetched from the Hub: ")
    assert "\n" not in said


def test_what_is_cached_is_read_whatever_else_is_broken(online: Hub, cache: Path) -> None:
    path = hub.find_model("me/well")
    for litter in ("models--me--well/blobs/x.incomplete", ".locks", "models--me--none/refs/main"):
        (cache / litter).parent.mkdir(parents=True, exist_ok=True)
        if not (cache / litter).exists():
            (cache / litter).write_bytes(b"\xff\xfe")
    assert hub.find_model("me/well") == path


FETCH = "import sys; from emotion.hub import find_model; find_model(sys.argv[1])"


def test_a_download_that_was_killed_is_made_good_by_the_next(server: Hub, cache: Path) -> None:
    environment = os.environ | {
        "HF_ENDPOINT": server.url,
        "HF_HUB_CACHE": str(cache),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
    }

    def fetch() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", FETCH, "me/slow"], cwd=ROOT, env=environment)

    with fetch() as killed:
        assert server.half_sent.wait(60)
        killed.kill()
    assert killed.returncode == -signal.SIGKILL
    assert hub._cached("me/slow", hub.MODEL_FILE, None) is None
    server.is_mended = True
    with fetch() as again:
        pass
    assert again.returncode == 0
    assert EmotionClassifier("me/slow").metadata["version"] == "tiny"
