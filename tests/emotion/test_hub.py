"""Model files: named, bundled, cached, or from a small stand-in for the Hub, sound or broken."""

import hashlib
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import huggingface_hub.constants
import pytest

from emotion import EmotionClassifier, ModelError, hub

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SECONDS = 0.5

# What the Hub's client tells errors apart by: status and X-Error-Code.
REFUSALS = {
    "/owner/none/": (401, "RepoNotFound"),
    "/owner/gated/": (403, "GatedRepo"),
    "/owner/empty/": (404, "EntryNotFound"),
    "/owner/model/@v9/": (404, "RevisionNotFound"),
}


class StandIn(ThreadingHTTPServer):
    """Has one file, and gives it as the repository's name says: mute, slow, cut, other or well."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.closed, self.asked = content, Event(), 0
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_HEAD(self) -> None:
        self.server.asked += 1
        if "/mute" in self.path:
            self.server.closed.wait()
        content = self.server.content
        tag = hashlib.sha256(content).hexdigest()
        status, headers = 200, {"ETag": f'"{tag}"', "X-Repo-Commit": COMMIT}
        for part, (refusal, code) in REFUSALS.items():
            if part in self.path.replace("/resolve/", "/@"):
                status, headers, content = refusal, {"X-Error-Code": code}, b""
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        content = self.server.content
        if "/other" in self.path:
            self.wfile.write(content[::-1])
        elif "/slow" in self.path or "/cut" in self.path:
            self.wfile.write(content[: len(content) // 2])
            if "/slow" in self.path:
                self.server.closed.wait()
        else:
            self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for one test."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def server(
    cache: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> Iterator[StandIn]:
    """This process speaks to the stand-in, and loses patience after half a second."""
    with StandIn(tiny_model.read_bytes()) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
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
        yield server
        server.closed.set()
        server.shutdown()
        thread.join()


def store(cache: Path, repo: str, file: str, content: bytes, revision: str = "") -> Path:
    """Lays a file into the cache as the Hub's client does."""
    folder = cache / f"models--{repo.replace('/', '--')}"
    path = folder / "snapshots" / (revision or COMMIT) / file
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    if not revision:
        (folder / "refs").mkdir()
        (folder / "refs" / "main").write_text(COMMIT)
    return path


def refusal(model: str | Path) -> str:
    with pytest.raises(ModelError) as caught:
        EmotionClassifier(model)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_default_is_bundled_and_asks_nobody(server: StandIn) -> None:
    assert hub.find_model() == hub.BUNDLED_MODEL
    assert hub.BUNDLED_MODEL.stat().st_size < 10_000_000
    assert EmotionClassifier().metadata["labels"]
    assert hub.find_yunet() is None
    assert server.asked == 0


@pytest.mark.parametrize("model", ["", "missing.onnx", "a/b/c", "a/b--c", Path("a/b")])
def test_neither_file_nor_name(
    model: str | Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ends = ("OWNER/NAME[@REVISION]", "is not a file", "can't be a model's name on the Hub")
    assert refusal(model).endswith(ends)


@pytest.mark.parametrize("model", ["owner/model", f"owner/model@{COMMIT}"])
def test_the_cache_comes_before_the_hub(server: StandIn, cache: Path, model: str) -> None:
    stored = store(cache, "owner/model", "emotion.onnx", b"cached")
    assert hub.find_model(model) == stored
    assert server.asked == 0


@pytest.mark.parametrize("model", ["owner/model", "owner/model@v1", "owner/model@refs/pr/1"])
def test_a_model_from_the_hub_is_fetched_once(server: StandIn, model: str) -> None:
    assert EmotionClassifier(model).metadata["version"] == "tiny"
    asked = server.asked
    assert asked > 0
    EmotionClassifier(model)
    assert server.asked == asked


NOT_FETCHED = "could not be fetched from the Hub: "
NOT_REACHED = "is not in the cache, and the Hub can't be reached"


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("owner/none", "the model owner/none is not on the Hub, or is private"),
        ("owner/gated", "the model owner/gated asks for permission first"),
        ("owner/empty@v1", "the model owner/empty@v1 has no file emotion.onnx on the Hub"),
        ("owner/model@v9", "the model owner/model@v9 is not on the Hub: it has no such revision"),
        ("owner/mute", f"the model owner/mute {NOT_REACHED}"),
        ("owner/slow", f"the model owner/slow {NOT_FETCHED}"),
        ("owner/cut", f"the model owner/cut {NOT_FETCHED}"),
        ("owner/other", "owner/other's emotion.onnx is not what the Hub has: delete "),
    ],
)
def test_a_hub_without_the_model_or_that_fails(server: StandIn, model: str, sentence: str) -> None:
    assert refusal(model).startswith(sentence)
    assert server.asked > 0


def test_a_file_that_changed_in_the_cache_is_refused(server: StandIn) -> None:
    blob = hub.find_model("owner/model").resolve()
    blob.write_bytes(blob.read_bytes()[:1000])
    said = refusal("owner/model")
    assert said == f"owner/model's emotion.onnx is not what the Hub has: delete {blob}"
    # And that helps.
    blob.unlink()
    assert EmotionClassifier("owner/model").metadata["version"] == "tiny"


def test_a_cache_that_can_not_be_written(server: StandIn, cache: Path) -> None:
    # Not by its rights: those of root are unlimited.
    cache.write_bytes(b"a file where the folder should be")
    assert refusal("owner/model").startswith(f"the model owner/model {NOT_FETCHED}")


def test_yunet_by_path_then_environment_then_cache(
    cache: Path, tmp_path: Path, yunet_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = yunet_path.read_bytes()
    stored = store(cache, hub.YUNET_REPO, hub.YUNET_FILE, content, hub.YUNET_REVISION)
    assert hub.find_yunet() == stored
    named = tmp_path / "named.onnx"
    named.write_bytes(b"")
    monkeypatch.setenv("EMOTION_YUNET", str(named))
    assert hub.find_yunet() == named
    assert hub.find_yunet(yunet_path) == yunet_path
    named.unlink()
    with pytest.raises(ModelError, match=r"^the YuNet file .*named\.onnx does not exist$"):
        hub.find_yunet()


def test_download_of_yunet(server: StandIn, yunet_path: Path) -> None:
    server.content = yunet_path.read_bytes()
    path = hub.download_yunet()
    assert path.read_bytes() == server.content
    assert hub.find_yunet() == path


def test_a_download_of_other_content_is_refused(server: StandIn) -> None:
    found = hashlib.sha256(server.content).hexdigest()
    with pytest.raises(ModelError, match=f"has SHA-256 {found}, expected {hub.YUNET_SHA256}"):
        hub.download_yunet()
    assert hub.find_yunet() is None


def test_a_download_that_takes_too_long_is_given_up(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = Event()
    monkeypatch.setattr(hub, "_download", lambda *_: release.wait(60) and cache)
    with pytest.raises(ModelError, match=r"^the Hub did not answer within 0\.1 seconds$"):
        hub.download_yunet(timeout=0.1)
    release.set()


@pytest.mark.parametrize(
    "error", [ImportError("no socksio"), UnicodeEncodeError("ascii", "é", 0, 1, "no")]
)
def test_a_client_that_can_not_speak_is_one_sentence(
    server: StandIn, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A SOCKS proxy without its package; a token that no header can hold."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("huggingface_hub.hf_hub_download", fail)
    with pytest.raises(ModelError, match=r"could not be fetched from the Hub: .+$"):
        hub.download_yunet(timeout=60)
