"""The page in each of its main states: for the checks that all of them have to pass, and pictures.

Each state is reached from the one before it, and from a page that was just opened.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from emotion.image import load_image
from tests.clips import write_clip

EXAMPLES = Path(__file__).parents[2] / "examples"

REFUSE = """() => { navigator.mediaDevices.getUserMedia =
    () => Promise.reject(new DOMException("refused", "NotAllowedError")); }"""


def open_tab(page: Any, name: str) -> None:
    """`name` as in the page's address: image, webcam and so on."""
    page.locator(f"[role=tab][data-tab-id={name}]").click()


def file(name: str, image: np.ndarray) -> dict[str, Any]:
    """A picture, RGB uint8 (H, W, 3), as Playwright's set_input_files takes it."""
    _, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return {"name": name, "mimeType": "image/png", "buffer": data.tobytes()}


WALL = file("wall.png", np.full((240, 320, 3), 128, np.uint8))


@cache
def clip() -> dict[str, Any]:
    """A second of the astronaut, 320x320, as Playwright's set_input_files takes it."""
    astronaut = cv2.resize(load_image(EXAMPLES / "astronaut.jpg"), (320, 320))
    with TemporaryDirectory() as folder:
        path = write_clip(Path(folder, "clip.mp4"), [astronaut] * 10)
        return {"name": path.name, "mimeType": "video/mp4", "buffer": path.read_bytes()}


def image(page: Any) -> None:
    open_tab(page, "image")
    page.locator("#image .drop").wait_for()


def image_result(page: Any) -> None:
    image(page)
    page.locator("#image .example").nth(1).click()
    page.locator("#image .box").nth(3).wait_for()


def image_without_face(page: Any) -> None:
    image(page)
    page.set_input_files("#image .files", WALL)
    page.locator("#image .remedy").wait_for()


def webcam(page: Any) -> None:
    open_tab(page, "webcam")
    page.locator("#webcam .start").wait_for()


def webcam_running(page: Any) -> None:
    webcam(page)
    page.locator("#webcam .start").click()
    page.locator("#webcam .bar").first.wait_for()


def webcam_problem(page: Any) -> None:
    if page.locator("#webcam .stop").is_visible():
        page.locator("#webcam .stop").click()
    webcam(page)
    page.evaluate(REFUSE)
    page.locator("#webcam .start").click()
    page.locator("#webcam .problem:not(:empty)").wait_for()


def video(page: Any) -> None:
    open_tab(page, "video")
    if page.locator("#video .again").is_visible():
        page.locator("#video .again").click()
    page.locator("#video .drop").wait_for()


def video_result(page: Any) -> None:
    video(page)
    page.set_input_files("#video .files", clip())
    page.locator("#video .clip-result").wait_for()


def batch(page: Any) -> None:
    open_tab(page, "batch")
    if page.locator("#batch .again").is_visible():
        page.locator("#batch .again").click()
    page.locator("#batch .drop").wait_for()


def batch_result(page: Any) -> None:
    """One picture with a face, one without, and one that is none."""
    batch(page)
    broken = {"name": "broken.png", "mimeType": "image/png", "buffer": b"not a picture"}
    astronaut = {
        "name": "astronaut.jpg",
        "mimeType": "image/jpeg",
        "buffer": (EXAMPLES / "astronaut.jpg").read_bytes(),
    }
    page.set_input_files("#batch .files", [astronaut, WALL, broken])
    page.locator("#batch .outcome").wait_for()


def about(page: Any) -> None:
    open_tab(page, "about")
    page.locator("#about h2").first.wait_for()


def settings(page: Any) -> None:
    if not page.locator("#settings-reset").is_visible():
        page.locator("#settings-panel > button").click()
    page.locator("#settings-reset").wait_for()


STATES: dict[str, Callable[[Any], None]] = {
    "image": image,
    "image-result": image_result,
    "image-no-face": image_without_face,
    "webcam": webcam,
    "webcam-running": webcam_running,
    "webcam-problem": webcam_problem,
    "video": video,
    "video-result": video_result,
    "batch": batch,
    "batch-result": batch_result,
    "about": about,
    "settings": settings,
}
