"""Behind a real nginx, under a prefix that it strips or keeps."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ui.conftest import free_port, visiting
from tests.ui.own_server import running

DOCS = (Path(__file__).parents[2] / "docs" / "hosting.md").read_text(encoding="utf-8")
NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; {user}
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; {location} }}
}}
"""


@pytest.fixture(scope="module")
def app_url(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[str]:
    settings = {"EMOTION_MODEL": str(tiny_model), "GRADIO_ROOT_PATH": "/faces"}
    with running(tmp_path_factory.mktemp("prefix"), "pass", **settings) as server:
        yield server.url


@pytest.fixture(scope="module", params=["/", ""], ids=["stripped", "kept"])
def prefixed(
    request: pytest.FixtureRequest, app_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the app behind nginx."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if nginx is None:
        pytest.skip("nginx is not installed")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    # Workers of root's nginx are another user, who may not read a test's folder.
    user = "user root;" if folder.owner() == "root" else ""
    (documented,) = re.findall(r"```nginx\n(.*?)```", DOCS, re.DOTALL)
    location = documented.replace("http://127.0.0.1:7860/", app_url + request.param)
    text = NGINX.format(folder=folder, port=port, location=location, user=user)
    (folder / "nginx.conf").write_text(text)
    with subprocess.Popen([nginx, "-c", folder / "nginx.conf"]) as process:
        transport = httpx.HTTPTransport(retries=20)
        with httpx.Client(transport=transport, timeout=60) as client:
            assert client.get(f"http://127.0.0.1:{port}/faces/healthz").status_code == 200
        yield f"http://127.0.0.1:{port}/faces"
        process.terminate()


def test_a_picture_is_read_and_not_cached(prefixed: str, astronaut: Path) -> None:
    with httpx.Client(base_url=f"{prefixed}/gradio_api/", timeout=60) as client:
        sent = client.post("upload", files={"files": ("a.jpg", astronaut.read_bytes())})
        (path,) = sent.json()
        assert client.get(f"file={path}").headers["Cache-Control"] == "no-store"
        event = client.post("call/v2/predict", json={"image": {"path": path}}).json()["event_id"]
        answer = client.get(f"call/predict/{event}").text
        assert len(json.loads(answer.partition("data: ")[2])[0]["faces"]) == 1
        refused = client.post("call/v2/predict", json={"image": {"path": "/etc/passwd"}})
        assert refused.status_code == 422
        stray = client.post("component_server", files={"files": ("a.jpg", b"a face")})
        assert stray.status_code == 415


@pytest.mark.browser
def test_the_page_works(prefixed: str, browser: Any, two_faces: Path) -> None:
    missing: list[str] = []

    def prepare(page: Any) -> None:
        page.on("response", lambda said: missing.append(said.url) if said.status >= 400 else None)

    with visiting(browser, f"{prefixed}/", prepare) as page:
        page.set_input_files("#image input[type=file]", two_faces)
        page.wait_for_selector("#image .box")
        page.get_by_role("tab", name="About").click()
        page.locator("#about").get_by_role("heading").first.wait_for()
    # Browsers ask for it at the top of the host, which is not this app's.
    assert [address for address in missing if not address.endswith("/favicon.ico")] == []
