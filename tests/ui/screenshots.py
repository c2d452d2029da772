"""Pictures of a running app: those in docs/, or every state, wide and narrow, light and dark.

python app.py
python tests/ui/screenshots.py http://127.0.0.1:7860
python tests/ui/screenshots.py http://127.0.0.1:7860 --all FOLDER
"""

import argparse
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.ui.conftest import CAMERA_FLAGS  # noqa: E402  # found by the line above
from tests.ui.states import EXAMPLES, STATES  # noqa: E402

SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")

# The states that README shows, as docs/TAB-tab.png.
DOCS = {"image-result": "image", "webcam-running": "webcam"}
# A page has few colours and one photograph: as many, mixed, are enough, and a third of the bytes.
COLOURS = 256


def film(folder: Path) -> Path:
    """What the camera sees: the astronaut, 640x480."""
    astronaut = cv2.resize(cv2.imread(str(EXAMPLES / "astronaut.jpg")), (640, 640))[:480]
    path = folder / "astronaut.mjpeg"
    path.write_bytes(cv2.imencode(".jpg", astronaut)[1].tobytes() * 30)
    return path


def visit(browser: Any, url: str, size: str, scheme: str) -> Any:
    """A page that goes from state to state, each given with its name."""
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme)
    context.set_default_timeout(90_000)
    page = context.new_page()
    page.goto(url)
    page.locator(".example").first.wait_for()
    for name, reach in STATES.items():
        reach(page)
        page.mouse.move(0, 0)
        # Long enough for bars to arrive at their lengths, and a chart to have a line.
        page.wait_for_timeout(5000 if name == "webcam-running" else 700)
        yield name, page
    context.close()


def save(page: Any, path: Path) -> None:
    page.screenshot(path=path, full_page=True)
    picture = Image.open(path).convert("RGB")
    # Pillow mixes colours only for a palette that it is given. This one keeps rare colours: bars.
    palette = picture.quantize(COLOURS, Image.Quantize.FASTOCTREE)
    picture.quantize(palette=palette).save(path, optimize=True)


def take(browser: Any, url: str, everything: Path | None) -> None:
    if everything is None:
        for name, page in visit(browser, url, "wide", "light"):
            if name in DOCS:
                save(page, ROOT / "docs" / f"{DOCS[name]}-tab.png")
        return
    everything.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        for scheme in SCHEMES:
            for name, page in visit(browser, url, size, scheme):
                save(page, everything / f"{name}-{size}-{scheme}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--all", type=Path, metavar="FOLDER", dest="everything")
    options = parser.parse_args()
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        flags = [*CAMERA_FLAGS, f"--use-file-for-fake-video-capture={film(Path(folder))}"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        take(browser, options.url, options.everything)
        browser.close()


if __name__ == "__main__":
    main()
