"""app.py: how it starts."""

import importlib
import os
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


def test_the_app_starts_at_home(tiny_model: Path, tmp_path: Path) -> None:
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
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            page = first_answer(f"http://127.0.0.1:{port}/", process)
        finally:
            process.kill()
    assert "Facial expressions" in page


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
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    real = {name: getattr(EmotionRecognizer, name) for name in ("detect", "classify")}

    def recorded(name: str) -> Callable[..., object]:
        return lambda *arguments: happened.append(name) or real[name](*arguments)

    for name in real:
        monkeypatch.setattr(EmotionRecognizer, name, recorded(name))
    page = types.SimpleNamespace(launch=lambda **_: happened.append("launch"))
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
