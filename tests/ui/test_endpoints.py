"""The endpoints that programs call: with Gradio's clients for Python and JavaScript, and curl."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

import ui.endpoints
from emotion import LABELS
from emotion.recognize import recognize_timed
from emotion.report import record
from ui.page import launch_options
from ui.settings import Recognizers

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False, analytics_enabled=False)


def call(url: str, route: str, endpoint: str, body: Any) -> str:
    """The stream of events that a program without a client gets, in two steps."""
    asked = httpx.post(f"{url}/gradio_api/{route}/{endpoint}", json=body, timeout=60)
    event = asked.json()["event_id"]
    return httpx.get(f"{url}/gradio_api/call/{endpoint}/{event}", timeout=60).text


def sentence(stream: str) -> str:
    event, data = stream.strip().split("\n")
    assert event == "event: error"
    return str(json.loads(data.removeprefix("data: "))["error"])


def test_health_names_what_runs(url: str, recognizers: Recognizers) -> None:
    answer = httpx.get(f"{url}/healthz", timeout=60)
    detector = recognizers.default.detector.name
    assert answer.json() == {"status": "ok", "model": "tiny", "detector": detector}


def test_nothing_else_is_public(client: Client) -> None:
    api = client.view_api(return_format="dict", print_info=False)
    assert list(api["named_endpoints"]) == ["/predict", "/predict_batch"]
    assert api["unnamed_endpoints"] == {}


@pytest.mark.parametrize("endpoint", ["/predict", "/predict_batch"])
def test_the_api_page_describes_a_call_that_works(url: str, endpoint: str) -> None:
    info = httpx.get(f"{url}/gradio_api/info", timeout=60).json()["named_endpoints"][endpoint]
    assert len(info["description"]) > 50
    file, *options = info["parameters"]
    assert file["example_input"]["path"] == "photo.jpg"
    assert "URL" not in file["python_type"]["description"]
    defaults = {option["parameter_name"]: option["parameter_default"] for option in options}
    assert defaults == {"detector": "auto", "min_score": None, "largest": False}
    assert all(option["parameter_has_default"] for option in options)
    assert [option["example_input"] for option in options] == list(defaults.values())


@pytest.mark.parametrize(("spec", "installed"), [(None, False), (object(), True)])
def test_mcp_is_served_where_it_is_installed(
    recognizers: Recognizers, monkeypatch: pytest.MonkeyPatch, spec: Any, installed: bool
) -> None:
    monkeypatch.setattr(ui.endpoints, "find_spec", lambda name: spec if name == "mcp" else None)
    assert launch_options(recognizers)["mcp_server"] is installed


def test_predict_answers_as_the_command_line_does(
    client: Client, astronaut: Path, recognizers: Recognizers
) -> None:
    answer = client.predict(handle_file(astronaut), api_name="/predict")
    image, faces, ms = recognize_timed(recognizers.default, astronaut)
    assert answer.pop("ms").keys() == ms.keys()
    assert answer | {"ms": {}} == record("astronaut.jpg", image.shape, faces, {})


@pytest.mark.parametrize(
    ("options", "faces"),
    [({}, 2), ({"largest": True}, 1), ({"min_score": 1}, 0), ({"detector": "mtcnn"}, 2)],
)
def test_the_options_count(
    client: Client, url: str, two_faces: Path, options: dict[str, Any], faces: int
) -> None:
    file = handle_file(two_faces)
    record = client.predict(image=file, **options, api_name="/predict")
    (first,) = client.predict(images=[file], **options, api_name="/predict_batch")
    assert (len(record["faces"]), len(first["faces"])) == (faces, faces)


@pytest.mark.parametrize(("endpoint", "files"), [("predict", "image"), ("predict_batch", "images")])
def test_an_option_that_makes_no_sense_is_named(url: str, endpoint: str, files: str) -> None:
    said = sentence(call(url, "call/v2", endpoint, {files: None, "min_score": 7}))
    assert "min_score must lie between 0 and 1, but is 7" in said


@pytest.mark.parametrize("data", [[], [7], [None, "auto"]])
def test_a_call_without_a_picture_says_so(url: str, data: list[Any]) -> None:
    assert sentence(call(url, "call", "predict", {"data": data})) == "no picture was sent"
    assert sentence(call(url, "call", "predict_batch", {"data": data})) == "no pictures were sent"


def test_predict_takes_a_data_uri_and_no_options(url: str, astronaut: Path) -> None:
    uri = "data:image/jpeg;base64," + base64.b64encode(astronaut.read_bytes()).decode()
    answer = call(url, "call", "predict", {"data": [{"url": uri}]})
    assert json.loads(answer.split("data: ")[1])[0]["faces"][0]["label"] in LABELS


def test_predict_batch_answers_for_each_picture_in_order_up_to_a_limit(
    client: Client, astronaut: Path, no_faces: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = no_faces.with_name("broken.jpg")
    broken.write_bytes(b"\xff\xd8\xff\xe0 cut short")
    files = [handle_file(path) for path in (astronaut, broken, no_faces)]
    first, second, third = client.predict(files, api_name="/predict_batch")
    alone = client.predict(files[0], api_name="/predict")
    assert first | {"ms": 0} == alone | {"ms": 0}
    assert second == {"image": "broken.jpg", "error": "broken.jpg is damaged"}
    assert (third["image"], third["faces"]) == (no_faces.name, [])
    monkeypatch.setattr(ui.endpoints, "PICTURES_AT_ONCE", 2)
    with pytest.raises(AppError, match="3 pictures were sent; the limit is 2"):
        client.predict(files, api_name="/predict_batch")


def snippet(language: str, url: str) -> str:
    """The code in docs/api.md, for the app that runs here."""
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    (code,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return code.replace("http://127.0.0.1:7860", url)


def said_by(*command: str, code: str) -> str:
    done = subprocess.run(
        command, input=code, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_documented_python_works(url: str) -> None:
    said = said_by(sys.executable, "-", code=snippet("python", url))
    assert "astronaut.jpg" in said
    assert "group.jpg" in said


def test_the_documented_curl_works(url: str) -> None:
    said = said_by("bash", "-e", "-o", "pipefail", code=snippet("shell", url))
    assert "event: complete" in said
    assert said.count('"confidence"') == 1


def test_the_documented_javascript_works(url: str, tmp_path: Path) -> None:
    try:
        subprocess.run(
            ["npm", "install", "--silent", "--prefix", tmp_path, "@gradio/client"],
            check=True,
            capture_output=True,
            timeout=120,
        )
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"npm can't install @gradio/client: {error}")
    script = tmp_path / "api.mjs"
    script.write_text(snippet("javascript", url), encoding="utf-8")
    said = said_by("node", str(script), code="").splitlines()
    assert said[0] in LABELS
    assert "astronaut.jpg: 1" in said[-1]
