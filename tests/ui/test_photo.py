from pathlib import Path

import pytest

import ui.photo
from emotion import ImageError
from ui.photo import upload_of


def test_a_picture_that_is_too_large_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(ui.photo, "PICTURE_BYTES", 2**20)
    (tmp_path / "a.png").write_bytes(bytes(2**20 + 1))
    with pytest.raises(ImageError, match=r"mine\.png is larger than 1 MB"):
        upload_of({"path": str(tmp_path / "a.png"), "orig_name": "mine.png"})
