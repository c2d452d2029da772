"""Model files: named, bundled, cached, or from a small stand-in for the Hub over real HTTP."""

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

# What the Hub's client tells errors apart by: status and X-Error-Code.
REFUSALS = {
    "/owner/none/": (401, "RepoNotFound"),
    "/owner/gated/": (403, "GatedRepo"),
    "/owner/empty/": (404, "EntryNotFound"),
    "@v9": (404, "RevisionNotFound"),
}


class StandIn(ThreadingHTTPServer):
    """Serves one file, for every repository that is not in REFUSALS, and counts what is asked."""

    content = b""
    asked = 0


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_HEAD(self) -> None:
        self.server.asked += 1
        address = self.path.replace("/resolve/", "/@")
        for part, (status, code) in REFUSALS.items():
            if part in address:
                return self.answer(status, {"X-Error-Code": code}, b"")
        content = self.server.content
        tag = hashlib.sha256(content).hexdigest()
        return self.answer(200, {"ETag": f'"{tag}"', "X-Repo-Commit": COMMIT}, content)

    def do_GET(self) -> None:
        if "/owner/broken/" in self.path:
            self.answer(400, {}, b"")
        else:
            self.do_HEAD()
            self.wfile.write(self.server.content)

    def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for one test."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def server(cache: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with StandIn(("127.0.0.1", 0), Handler) as server:
        server.content = tiny_model.read_bytes()
        thread = Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        constants = huggingface_hub.constants
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "ENDPOINT", address)
        template = f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
        logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
        yield server
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


def test_the_default_is_bundled() -> None:
    assert hub.find_model() == hub.find_model(None) == hub.BUNDLED_MODEL
    assert hub.BUNDLED_MODEL.stat().st_size < 10_000_000


def test_a_bundled_model_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "BUNDLED_MODEL", tmp_path / "emotion.onnx")
    with pytest.raises(ModelError, match=r"^the bundled model emotion\.onnx is missing"):
        hub.find_model()


def test_a_path(tiny_model: Path) -> None:
    assert hub.find_model(tiny_model) == tiny_model
    assert hub.find_model(str(tiny_model)) == tiny_model


@pytest.mark.parametrize(
    "model",
    ["", "missing", "missing.onnx", "models/missing.onnx", "a/b/c", "a/b@", "../a/b", "ö/b"],
)
def test_neither_file_nor_name(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError) as caught:
        EmotionClassifier(model)
    assert str(caught.value).startswith("the model ")
    assert str(caught.value).endswith(("OWNER/NAME[@REVISION]", "is not a file"))


@pytest.mark.parametrize("model", ["owner/..", "--/name", "owner/a--b"])
def test_names_that_the_hub_forbids(model: str) -> None:
    with pytest.raises(ModelError, match=r"can't be a model's name on the Hub$"):
        hub.find_model(model)


def test_a_path_object_is_never_a_name() -> None:
    with pytest.raises(ModelError, match="is neither a file nor a name"):
        hub.find_model(Path("owner/model"))


@pytest.mark.parametrize("model", ["owner/model", "owner/model@main", f"owner/model@{COMMIT}"])
def test_the_cache_comes_before_the_hub(server: StandIn, cache: Path, model: str) -> None:
    stored = store(cache, "owner/model", "emotion.onnx", b"cached")
    assert hub.find_model(model) == stored
    assert server.asked == 0


@pytest.mark.parametrize("model", ["owner/model", "owner/model@v1", "owner/model@refs/pr/1"])
def test_a_model_from_the_hub_is_fetched_once(server: StandIn, model: str) -> None:
    classifier = EmotionClassifier(model)
    assert classifier.metadata["version"] == "tiny"
    asked = server.asked
    assert asked > 0
    EmotionClassifier(model)
    assert server.asked == asked


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("owner/none", "the Hub has no model owner/none, or it is private"),
        ("owner/gated", "the model owner/gated on the Hub asks for permission first"),
        ("owner/empty", "the model owner/empty on the Hub has no file emotion.onnx"),
        ("owner/empty@v1", "the model owner/empty@v1 on the Hub has no file emotion.onnx"),
        ("owner/model@v9", "the model owner/model on the Hub has no revision v9"),
    ],
)
def test_what_the_hub_does_not_have(server: StandIn, model: str, sentence: str) -> None:
    with pytest.raises(ModelError) as caught:
        hub.find_model(model)
    assert str(caught.value) == sentence
    assert server.asked > 0


def test_a_download_that_fails_halfway_is_one_line(server: StandIn) -> None:
    with pytest.raises(ModelError, match=r"^owner/broken could not be fetched from the Hub: .+$"):
        hub.find_model("owner/broken")


def test_no_network(cache: Path) -> None:
    with pytest.raises(ModelError) as caught:
        hub.find_model("owner/model")
    assert str(caught.value) == "owner/model is not in the cache, and the Hub can't be reached"


def test_yunet_is_not_here(cache: Path) -> None:
    assert hub.find_yunet() is None


def test_yunet_by_path_then_environment_then_cache(
    cache: Path, tmp_path: Path, yunet_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = store(
        cache, hub.YUNET_REPO, hub.YUNET_FILE, yunet_path.read_bytes(), hub.YUNET_REVISION
    )
    assert hub.find_yunet() == stored
    named = tmp_path / "named.onnx"
    named.write_bytes(b"")
    monkeypatch.setenv("EMOTION_YUNET", str(named))
    assert hub.find_yunet() == named
    assert hub.find_yunet(yunet_path) == yunet_path


def test_a_cached_yunet_of_other_content_is_not_used(cache: Path) -> None:
    store(cache, hub.YUNET_REPO, hub.YUNET_FILE, b"other", hub.YUNET_REVISION)
    assert hub.find_yunet() is None


def test_a_named_yunet_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = tmp_path / "yunet.onnx"
    with pytest.raises(ModelError, match=r"^the YuNet file .*yunet\.onnx does not exist$"):
        hub.find_yunet(missing)
    monkeypatch.setenv("EMOTION_YUNET", str(missing))
    with pytest.raises(ModelError, match=r"^the YuNet file .*yunet\.onnx does not exist$"):
        hub.find_yunet()


def test_download_of_yunet(server: StandIn, yunet_path: Path) -> None:
    server.content = yunet_path.read_bytes()
    path = hub.download_yunet()
    assert path.read_bytes() == server.content
    assert hub.find_yunet() == path


def test_a_download_that_takes_too_long_is_given_up(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = Event()
    monkeypatch.setattr(hub, "_download", lambda *_: release.wait(60) and cache)
    with pytest.raises(ModelError, match=r"^the Hub did not answer within 0\.1 seconds$"):
        hub.download_yunet(timeout=0.1)
    release.set()


@pytest.mark.parametrize("timeout", [None, 60])
@pytest.mark.parametrize(
    "error", [ImportError("no socksio"), UnicodeEncodeError("ascii", "é", 0, 1, "no")]
)
def test_a_client_that_can_not_speak_is_one_sentence(
    server: StandIn, monkeypatch: pytest.MonkeyPatch, timeout: float | None, error: Exception
) -> None:
    """A SOCKS proxy without its package; a token that no header can hold."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("huggingface_hub.hf_hub_download", fail)
    with pytest.raises(ModelError, match=r"could not be fetched from the Hub: .+$"):
        hub.download_yunet(timeout=timeout)


def test_a_download_of_other_content_is_refused(server: StandIn) -> None:
    with pytest.raises(ModelError) as caught:
        hub.download_yunet()
    found = hashlib.sha256(server.content).hexdigest()
    assert f"has SHA-256 {found}, expected {hub.YUNET_SHA256}" in str(caught.value)
    assert hub.find_yunet() is None
