"""app.py: how it starts."""

import functools
import importlib
import signal
import sys
import types
from pathlib import Path

import pytest

import app
from emotion import EmotionRecognizer
from tests.ui.own_server import running

# Gradio and its client take them for the way to anywhere, this machine too.
PROXIES = {
    "http_proxy": "http://127.0.0.1:9",
    "ALL_PROXY": "socks5://127.0.0.1:9",
    "NO_PROXY": "::1,fe80::/10",
}


# As `python app.py`. Shells start programs in the background with SIGINT ignored, and children
# inherit that.
AS_A_PROGRAM = (
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "runpy.run_path('app.py', run_name='__main__')"
)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_app_starts_behind_a_proxy_and_ends_cleanly(
    tiny_model: Path, tmp_path: Path, end: signal.Signals
) -> None:
    with running(tmp_path, AS_A_PROGRAM, EMOTION_MODEL=str(tiny_model), **PROXIES) as server:
        server.process.send_signal(end)
        assert server.process.wait(120) == 0
    assert "Traceback" not in server.log.read_text()
    assert list(server.files.rglob("facial-expressions-*")) == []


def test_the_networks_have_run_before_the_first_visitor(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    page = types.SimpleNamespace(
        launch=lambda **_: happened.append("launch"), block_thread=lambda: None
    )
    for name in ("detect", "classify"):
        noted = functools.partial(happened.append, name)
        monkeypatch.setattr(EmotionRecognizer, name, lambda *_, noted=noted: noted())
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
