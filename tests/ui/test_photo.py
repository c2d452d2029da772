from pathlib import Path
from typing import Any

import gradio as gr
import pytest

import ui.photo
from emotion import ImageError
from ui.photo import data_of, shown_to_visitor, upload_of


@pytest.mark.parametrize(
    ("payload", "upload"),
    [
        ({"path": "/up/a/b.png", "orig_name": "my b.png"}, (Path("/up/a/b.png"), "my b.png")),
        ({"path": "/up/a/b.png"}, (Path("/up/a/b.png"), "b.png")),
        ({"path": None, "url": "data:image/png;base64,AAEC"}, (b"\x00\x01\x02", "picture")),
    ],
)
def test_a_file_or_a_data_uri_is_found(
    payload: dict[str, Any], upload: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", "/up")
    assert upload_of(payload) == upload


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("http://a/a.png", "data URI"),
        ("data:image/png,abc", "data URI"),
        ("data:;base64,?", "damaged"),
    ],
)
def test_no_data_uri_is_named(uri: str, problem: str) -> None:
    with pytest.raises(ImageError, match=problem):
        data_of(uri)


def test_our_errors_become_a_toast_without_a_trace() -> None:
    with pytest.raises(gr.Error, match="a sentence") as raised, shown_to_visitor():
        raise ImageError("a sentence")
    assert raised.value.print_exception is False


def test_a_picture_that_is_too_large_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(ui.photo, "PICTURE_BYTES", 2**20)
    (tmp_path / "a.png").write_bytes(bytes(2**20 + 1))
    with pytest.raises(ImageError, match=r"mine\.png is larger than 1 MB"):
        upload_of({"path": str(tmp_path / "a.png"), "orig_name": "mine.png"})
