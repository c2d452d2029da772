"""The README's pictures of a running app, wide and narrow, light and dark.

python app.py
python tests/ui/screenshots.py http://127.0.0.1:7860 FOLDER
"""

import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 390, "height": 844}}


def take(browser: Any, url: str, folder: Path, size: str, scheme: str) -> None:
    """image-SIZE-SCHEME.png: the image tab with the astronaut's result."""
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme)
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Astronaut").click()
    page.wait_for_selector("#result .box")
    page.mouse.move(0, 0)
    # Long enough for the bars to arrive at their lengths.
    page.wait_for_timeout(500)
    page.screenshot(path=folder / f"image-{size}-{scheme}.png", full_page=True)
    context.close()


def main(url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for size in SIZES:
            for scheme in ("light", "dark"):
                take(browser, url, folder, size, scheme)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
