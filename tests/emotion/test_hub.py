"""Model files: named, bundled, cached, or from a small stand-in for the Hub, sound or broken."""

import hashlib
from pathlib import Path
from threading import Event

import pytest
from httpx2 import Request, Response
from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, RevisionNotFoundError

import emotion.hub as models
from emotion import EmotionClassifier, ModelError
from tests.hub_stand_in import HubStandIn, Repository


@pytest.fixture
def server(hub: HubStandIn, tiny_model: Path, pauses: list[float]) -> HubStandIn:
    """A Hub with one model, whose client does not wait before it tries again."""
    hub.repositories["owner/model"] = Repository(
        commits=[{"emotion.onnx": tiny_model.read_bytes()}]
    )
    hub.repositories["owner/empty"] = Repository(commits=[{"README.md": b""}])
    return hub


def refusal(model: str | Path) -> str:
    with pytest.raises(ModelError) as caught:
        EmotionClassifier(model)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_default_is_bundled_and_asks_nobody(server: HubStandIn) -> None:
    assert models.find_model() == models.BUNDLED_MODEL
    assert models.BUNDLED_MODEL.stat().st_size < 10_000_000
    assert EmotionClassifier().metadata["labels"]
    assert models.find_yunet() is None
    assert not server.requests


@pytest.mark.parametrize("model", ["", "missing.onnx", "a/b/c", "a/b--c", Path("a/b")])
def test_neither_file_nor_name(
    model: str | Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ends = ("OWNER/NAME[@REVISION]", "can't be a model's name on the Hub")
    assert refusal(model).endswith(ends)


@pytest.mark.parametrize("model", ["owner/model", "owner/model@v1", "owner/model@refs/pr/1"])
def test_a_model_from_the_hub_is_fetched_once(server: HubStandIn, model: str) -> None:
    assert EmotionClassifier(model).metadata["version"] == "tiny"
    asked = len(server.requests)
    assert asked > 0
    EmotionClassifier(model)
    assert len(server.requests) == asked


NOT_FETCHED = "could not be fetched from the Hub: "


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("owner/none", "the model owner/none is not on the Hub, or is private"),
        ("owner/empty@v1", "the model owner/empty@v1 has no file emotion.onnx on the Hub"),
    ],
)
def test_a_hub_without_the_model(server: HubStandIn, model: str, sentence: str) -> None:
    assert refusal(model) == sentence


def test_a_hub_that_fails(server: HubStandIn) -> None:
    server.cut("GET .*emotion.onnx", times=99)
    assert refusal("owner/model").startswith(f"the model owner/model {NOT_FETCHED}")


def test_a_file_that_changed_in_the_cache_is_refused(server: HubStandIn) -> None:
    blob = models.find_model("owner/model").resolve()
    blob.write_bytes(blob.read_bytes()[:1000])
    said = refusal("owner/model")
    assert said == f"owner/model's emotion.onnx is not what the Hub has: delete {blob}"
    # And that helps.
    blob.unlink()
    assert EmotionClassifier("owner/model").metadata["version"] == "tiny"


def test_a_cache_that_can_not_be_written(server: HubStandIn, tmp_path: Path) -> None:
    # Not by its rights: those of root are unlimited.
    (tmp_path / "cache").write_bytes(b"a file where the folder should be")
    assert refusal("owner/model").startswith(f"the model owner/model {NOT_FETCHED}")


def test_yunet_by_path_then_environment_then_cache(
    server: HubStandIn, tmp_path: Path, yunet_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = yunet_path.read_bytes()
    server.repositories[models.YUNET_REPO] = Repository(commits=[{models.YUNET_FILE: content}])
    fetched = models.download_yunet()
    assert fetched.read_bytes() == content
    assert models.find_yunet() == fetched
    named = tmp_path / "named.onnx"
    named.write_bytes(b"")
    monkeypatch.setenv("EMOTION_YUNET", str(named))
    assert models.find_yunet() == named
    assert models.find_yunet(yunet_path) == yunet_path
    named.unlink()
    with pytest.raises(ModelError, match=r"^the YuNet file .*named\.onnx does not exist$"):
        models.find_yunet()


def test_a_download_of_other_content_is_refused(server: HubStandIn) -> None:
    server.repositories[models.YUNET_REPO] = Repository(commits=[{models.YUNET_FILE: b"other"}])
    found = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(ModelError, match=f"has SHA-256 {found}, expected {models.YUNET_SHA256}"):
        models.download_yunet()
    assert models.find_yunet() is None


def test_a_download_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release = Event()
    monkeypatch.setattr(models, "_download", lambda *_: release.wait(60) and Path())
    with pytest.raises(ModelError, match=r"^the Hub did not answer within 0\.1 seconds$"):
        models.download_yunet(timeout=0.1)
    release.set()


REFUSED = Response(403, request=Request("HEAD", "http://127.0.0.1"))


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ImportError("no socksio"), f"{NOT_FETCHED}no socksio"),
        (UnicodeEncodeError("ascii", "é", 0, 1, "no"), f"{NOT_FETCHED}'ascii' codec"),
        (LocalEntryNotFoundError("no"), "is not in the cache, and the Hub can't be reached"),
        (GatedRepoError("no", response=REFUSED), "asks for permission first"),
        (RevisionNotFoundError("no", response=REFUSED), "is not on the Hub: it has no such rev"),
    ],
)
def test_what_the_client_says_becomes_one_sentence(
    monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
) -> None:
    """Also of a SOCKS proxy without its package, and a token that no header can hold."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("huggingface_hub.hf_hub_download", fail)
    assert refusal("owner/model").startswith(f"the model owner/model {sentence}")
