"""The page in each of its main states: for the checks that all of them have to pass, and pictures.

Each state is reached from the one before it, and from a page that was just opened.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

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


def image(page: Any) -> None:
    open_tab(page, "image")
    if page.locator("#result .again").is_visible():
        page.locator("#result .again").click()
    page.locator("#picture").wait_for()


def image_result(page: Any) -> None:
    image(page)
    page.locator("#examples .example").first.click()
    page.locator("#result .box").first.wait_for()


def image_without_face(page: Any) -> None:
    image(page)
    page.set_input_files("#picture input[type=file]", WALL)
    page.locator("#result .no-face").wait_for()


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


def about(page: Any) -> None:
    open_tab(page, "about")
    page.locator(".about-body").wait_for()


def settings(page: Any) -> None:
    page.locator("#settings summary").click()
    page.locator("#settings select").wait_for()


STATES: dict[str, Callable[[Any], None]] = {
    "image": image,
    "image-result": image_result,
    "image-no-face": image_without_face,
    "webcam": webcam,
    "webcam-running": webcam_running,
    "webcam-problem": webcam_problem,
    "about": about,
    "settings": settings,
}
