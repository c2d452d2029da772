"""Bad uploads as the page hears of them: one sentence, and nothing of the server's folders."""

from pathlib import Path

import gradio as gr
import pytest

from tests.hostile import damage
from ui.photo import read_photo, shown_to_visitor, upload_of
from ui.settings import Recognizers

# Pillow warns of some damage that it can read past.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Gradio keeps an upload: below a folder of its own."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    folder = tmp_path / "0123456789abcdef"
    folder.mkdir()
    return folder


def sentence(recognizers: Recognizers, payload: dict[str, str]) -> str:
    with pytest.raises(gr.Error) as caught, shown_to_visitor():
        read_photo(recognizers.default, *upload_of(payload))
    return caught.value.message


def test_no_sentence_names_a_folder_of_the_server(recognizers: Recognizers, uploads: Path) -> None:
    samples = [*damage.no_pictures(), *(cut for cut in damage.truncated() if "-3." in cut.name)]
    assert len(samples) > 20
    for sample in samples:
        path = uploads / sample.name
        path.write_bytes(sample.content)
        said = sentence(recognizers, {"path": str(path), "orig_name": "mine.jpg"})
        assert said.startswith(f"{sample.name} ")
        assert said.isprintable()
        assert uploads.name not in said
        assert str(uploads.parent) not in said


@pytest.mark.parametrize("name", ["x" * 300, "a/" * 3000 + "b", "gone.jpg"])
def test_names_that_no_upload_has(recognizers: Recognizers, uploads: Path, name: str) -> None:
    said = sentence(recognizers, {"path": str(uploads / name)})
    assert said.startswith(Path(name).name)
    assert uploads.name not in said


def test_paths_that_lead_nowhere(recognizers: Recognizers, uploads: Path) -> None:
    (uploads / "circle").symlink_to(uploads / "circle")
    for name in ("zero\0.jpg", "circle", "\ud800.jpg"):
        said = sentence(recognizers, {"path": str(uploads / name)})
        assert uploads.name not in said
        assert said.isprintable()
