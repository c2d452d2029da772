"""app.py: how it starts."""

import importlib
import os
import signal
import socket
import subprocess
import sys
import time
import types
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

import app
from emotion import EmotionRecognizer

ROOT = Path(__file__).parents[1]


# Gradio and its client take them for the way to anywhere, this machine too.
PROXIES = {
    "http_proxy": "http://127.0.0.1:9",
    "ALL_PROXY": "socks5://127.0.0.1:9",
    "NO_PROXY": "::1,fe80::/10",
}


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_app_starts_behind_a_proxy_and_ends_cleanly(
    tiny_model: Path, tmp_path: Path, end: signal.Signals
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "EMOTION_MODEL": str(tiny_model),
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_TEMP_DIR": str(tmp_path),
    }
    with subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=os.environ | settings | PROXIES,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # Shells start programs in the background with SIGINT ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    ) as process:
        try:
            page = first_answer(f"http://127.0.0.1:{port}/", process)
            process.send_signal(end)
            said = process.communicate(timeout=120)[0].decode()
        finally:
            process.kill()
    assert "Facial expressions" in page
    assert "Traceback" not in said
    assert process.returncode == 0
    assert list(tmp_path.glob("facial-expressions-*")) == []


def first_answer(url: str, process: subprocess.Popen[bytes]) -> str:
    """What the address answers, once it does."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stdout.read().decode()
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    pytest.fail("the app does not answer")


def test_the_networks_have_run_before_the_first_visitor(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    real = {name: getattr(EmotionRecognizer, name) for name in ("detect", "classify")}

    def recorded(name: str) -> Callable[..., object]:
        return lambda *arguments: happened.append(name) or real[name](*arguments)

    for name in real:
        monkeypatch.setattr(EmotionRecognizer, name, recorded(name))
    page = types.SimpleNamespace(
        launch=lambda **_: happened.append("launch"), block_thread=lambda: None
    )
    # The app gives itself an upload folder, for good.
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(app, "build_page", lambda _: page)
    monkeypatch.setenv("EMOTION_MODEL", str(tiny_model))
    app.main()
    assert happened == ["detect", "classify", "launch"]


def test_a_missing_model_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_MODEL", "missing.onnx")
    with pytest.raises(SystemExit, match=r"^the model missing\.onnx is neither"):
        app.main()


def test_zero_gpu_finds_a_gpu_function(monkeypatch: pytest.MonkeyPatch) -> None:
    marked: list[object] = []
    spaces = types.ModuleType("spaces")
    spaces.GPU = lambda function: marked.append(function) or function
    monkeypatch.setitem(sys.modules, "spaces", spaces)
    importlib.reload(app)
    assert len(marked) == 1
