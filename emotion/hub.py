"""Where model files come from: a path, the package itself, the Hub's cache, the Hub."""

import hashlib
import os
import re
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

from emotion.types import ModelError

MODEL_FILE = "emotion.onnx"
BUNDLED_MODEL = Path(__file__).parent / "model" / MODEL_FILE

# YuNet (Wu, Peng and Yu 2023, MIT licence) as OpenCV publishes it, 0.2 MB.
YUNET_REPO = "opencv/face_detection_yunet"
YUNET_REVISION = "3cc26e7f1014a5ee5d74a42acee58bafc9d0a310"
YUNET_FILE = "face_detection_yunet_2023mar.onnx"
YUNET_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"

SHA256 = re.compile(r"[0-9a-f]{64}")
HUB_NAME = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?", re.ASCII)


def find_model(model: str | os.PathLike[str] | None = None) -> Path:
    """The ONNX file behind a path, behind OWNER/NAME[@REVISION] on the Hub, or the bundled one.

    A file on disk comes before a name on the Hub, and the Hub's cache before the network.
    Raises ModelError.
    """
    if model is None:
        return BUNDLED_MODEL
    # Not Path.exists(), which raises in a closed folder.
    if os.path.exists(model):  # noqa: PTH110
        return Path(model)
    name = HUB_NAME.fullmatch(str(model))
    if isinstance(model, os.PathLike) or name is None or str(model).endswith(".onnx"):
        raise ModelError(
            f"the model {model} is neither a file nor a name like OWNER/NAME[@REVISION]"
        )
    return _from_cache_or_hub(name["repo"], MODEL_FILE, name["revision"])


def find_yunet(path: str | os.PathLike[str] | None = None) -> Path | None:
    """YuNet's file without asking the network, or None: `path`, $EMOTION_YUNET, the Hub's cache.

    Raises ModelError if a path is named and there is no file, or if the cache can't be read.
    """
    named = path or os.environ.get("EMOTION_YUNET")
    try:
        if named:
            if not Path(named).is_file():
                raise ModelError(f"the YuNet file {named} does not exist")
            return Path(named)
        cached = _cached(YUNET_REPO, YUNET_FILE, YUNET_REVISION)
        return cached if cached and _sha256(cached) == YUNET_SHA256 else None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise ModelError(f"YuNet's file can't be read: {_first_line(error)}") from error


def download_yunet(timeout: float | None = None) -> Path:
    """Fetch YuNet's file into the Hub's cache unless it is there, and check its SHA-256.

    timeout is in seconds, for all of it. Raises ModelError.
    """
    path = _within(timeout, lambda: _download(YUNET_REPO, YUNET_FILE, YUNET_REVISION))
    if (found := _sha256(path)) != YUNET_SHA256:
        raise ModelError(
            f"{YUNET_FILE} has SHA-256 {found}, expected {YUNET_SHA256}: delete {path}"
        )
    return path


def _within(timeout: float | None, fetch: Callable[[], Path]) -> Path:
    """What fetch returns or raises, if it takes no longer than that.

    The Hub's client has limits for each step only, and tries again: without a network it gives up
    after 23 seconds. A thread that is too slow is left to itself, and doesn't keep the process.
    """
    done: Future[Path] = Future()

    def work() -> None:
        try:
            done.set_result(fetch())
        except ModelError as error:
            done.set_exception(error)

    Thread(target=work, daemon=True).start()
    try:
        return done.result(timeout)
    except TimeoutError as error:
        raise ModelError(f"the Hub did not answer within {timeout:g} seconds") from error


def _from_cache_or_hub(repo: str, file: str, revision: str | None) -> Path:
    path = _cached(repo, file, revision) or _download(repo, file, revision)
    # In the Hub's cache, links lead to large files that are named after their SHA-256.
    blob = path.resolve()
    if SHA256.fullmatch(blob.name) and _sha256(blob) != blob.name:
        raise ModelError(f"{repo}'s {file} is not what the Hub has: delete {blob}")
    return path


def _cached(repo: str, file: str, revision: str | None) -> Path | None:
    # The Hub's client takes 0.15 s to import, so it waits until it is needed.
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415

    try:
        found = try_to_load_from_cache(repo, file, revision=revision)
    except HFValidationError as error:
        raise ModelError(f"{repo} can't be a model's name on the Hub") from error
    return Path(found) if isinstance(found, str) else None


def _download(repo: str, file: str, revision: str | None) -> Path:
    # What the Hub's client speaks through, and does not always hide.
    from httpx2 import TransportError  # noqa: PLC0415
    from huggingface_hub import errors, hf_hub_download  # noqa: PLC0415

    where = f"{repo}@{revision}" if revision else repo
    reasons: dict[type[Exception], str] = {
        errors.GatedRepoError: "asks for permission first",
        errors.RepositoryNotFoundError: "is not on the Hub, or is private",
        errors.RevisionNotFoundError: "is not on the Hub: it has no such revision",
        errors.RemoteEntryNotFoundError: f"has no file {file} on the Hub",
        errors.LocalEntryNotFoundError: "is not in the cache, and the Hub can't be reached",
    }
    try:
        return Path(hf_hub_download(repo, file, revision=revision))
    except (errors.HfHubHTTPError, TransportError, OSError, ImportError, ValueError) as error:
        # Also a proxy that needs a package which is not installed, or a token that is not ASCII.
        unknown = f"could not be fetched from the Hub: {_first_line(error)}"
        raise ModelError(f"the model {where} {reasons.get(type(error), unknown)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
