"""Pictures of every state of a running app: wide and light, narrow and dark.

python app.py
python tests/ui/screenshots.py http://127.0.0.1:7860 FOLDER

docs/image-tab.png is image-result-light.png, docs/webcam-tab.png is webcam-running-light.png.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2]))

from emotion.image import load_image  # found by the line above
from tests.ui.conftest import CAMERA_FLAGS, write_film
from tests.ui.states import EXAMPLES, STATES

SIZES = {"light": {"width": 1440, "height": 900}, "dark": {"width": 390, "height": 844}}
# A page has few colours and one photograph: as many, mixed, are enough, and a third of the bytes.
COLOURS = 256


def save(page: Any, path: Path) -> None:
    page.mouse.move(0, 0)
    # Long enough for bars to arrive at their lengths, and a chart to have a line.
    page.wait_for_timeout(5000 if "webcam-running" in path.name else 700)
    page.screenshot(path=path, full_page=True)
    picture = Image.open(path).convert("RGB")
    # Pillow mixes colours only for a palette that it is given. This one keeps rare colours: bars.
    palette = picture.quantize(COLOURS, Image.Quantize.FASTOCTREE)
    picture.quantize(palette=palette).save(path, optimize=True)


def main(url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    film = write_film(load_image(EXAMPLES / "astronaut.jpg"), folder / "camera.mjpeg")
    flags = [*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={film}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        for scheme, size in SIZES.items():
            page = browser.new_page(viewport=size, color_scheme=scheme)
            page.set_default_timeout(90_000)
            page.goto(url)
            page.locator(".example").first.wait_for()
            for name, reach in STATES.items():
                reach(page)
                save(page, folder / f"{name}-{scheme}.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
