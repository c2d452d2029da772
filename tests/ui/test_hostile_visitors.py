"""Two visitors at once, over HTTP: neither sees anything of the other, or suffers from them."""

import base64
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import cv2
import gradio as gr
import httpx
import numpy as np
import pytest

import ui.webcam_tab
from emotion.image import Pixels

API = "/gradio_api"
ROUNDS = 4


class Visitor:
    """Somebody with pictures of so many faces, side by side, and a session of their own."""

    def __init__(self, served: gr.Blocks, name: str, picture: Pixels, faces: int) -> None:
        self.name, self.faces = name, faces
        self._picture = np.hstack([picture] * faces)
        self._numbers = {
            getattr(block, "elem_id", ""): number for number, block in served.blocks.items()
        }
        self._client = httpx.Client(base_url=served.local_url, timeout=60)

    def close(self) -> None:
        self._client.close()

    def ask(self, tab: str, function: str, data: Any) -> Any:
        part = {"component_id": self._numbers[tab], "fn_name": function}
        body = part | {"session_hash": self.name, "data": data}
        answer = self._client.post(f"{API}/component_server", json=body)
        answer.raise_for_status()
        return answer.json()

    def jpeg(self) -> bytes:
        return cv2.imencode(".jpg", cv2.cvtColor(self._picture, cv2.COLOR_RGB2BGR))[1].tobytes()

    def webcam(self) -> int:
        frame = "data:image/jpeg;base64," + base64.b64encode(self.jpeg()).decode()
        question = {"camera": secrets.token_hex(8), "image": frame}
        while (answer := self.ask("webcam", "recognize_frame", question)).get("busy"):
            sleep(0.05)
        # Faces of anybody else would be counted too.
        assert {face["id"] for face in answer["faces"]} == set(range(1, self.faces + 1))
        return len(answer["faces"])

    def batch(self) -> int:
        name = "batch-" + self.name.encode().hex().ljust(32, "0")
        self._client.post(f"{API}/upload", files={"files": (name, self.jpeg())})
        answer = self.ask("batch", "read_picture", {"upload": name, "name": self.name})
        assert answer["record"]["image"] == self.name
        return len(answer["faces"])


@pytest.fixture
def visitors(served: gr.Blocks, astronaut_image: Pixels) -> Iterator[tuple[Visitor, Visitor]]:
    picture = cv2.resize(astronaut_image, (320, 320))
    both = (Visitor(served, "anna", picture, 1), Visitor(served, "bert", picture, 2))
    yield both
    for visitor in both:
        visitor.close()


@pytest.mark.parametrize("way", [Visitor.webcam, Visitor.batch])
def test_everybody_gets_their_own_faces(
    visitors: tuple[Visitor, Visitor], way: Callable[[Visitor], int]
) -> None:
    with ThreadPoolExecutor(2) as both:
        for _ in range(ROUNDS):
            assert list(both.map(way, visitors)) == [1, 2]


def test_one_visitors_fault_stops_nobody_else(
    visitors: tuple[Visitor, Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours in one frame: the other camera's frames, and the next, are answered."""
    anna, bert = visitors
    real = ui.webcam_tab.load_image

    def load_image(source: bytes) -> Pixels:
        image = real(source)
        if image.shape[1] == 640:
            raise RuntimeError("bert's frame is more than we can bear")
        return image

    monkeypatch.setattr(ui.webcam_tab, "load_image", load_image)
    with ThreadPoolExecutor(2) as both:
        for _ in range(ROUNDS):
            broken = both.submit(bert.webcam)
            assert anna.webcam() == 1
            with pytest.raises(httpx.HTTPStatusError, match="500"):
                broken.result()
    monkeypatch.undo()
    assert bert.webcam() == 2
