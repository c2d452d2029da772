"""What the page is told: numbers, and pictures as data URIs, so that nothing is written to disk."""

import base64
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import gradio as gr
import numpy as np
import numpy.typing as npt
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

from emotion import Face, FacePrediction
from emotion.crop import frame_of, turn_of
from emotion.draw import COLOURS, hex_colour, text_colour
from ui.limits import CROP_SIDE, PICTURE_SIDE

STATIC = Path(__file__).parent / "static"
# Where the page finds the files in STATIC, relative to itself: see ui/page.py.
SCRIPTS = "scripts"

# For events that only move values about, or delete some: they need no turn in the queue.
AT_ONCE: dict[str, Any] = {
    "queue": False,
    "api_visibility": "private",
    "show_progress": "hidden",
    "trigger_mode": "always_last",
}

Image = npt.NDArray[np.uint8]
Json = dict[str, Any]


def static(name: str) -> str:
    """The text of a file in static/."""
    return (STATIC / name).read_text(encoding="utf-8")


def component(
    name: str, value: Any = None, *, sends: Sequence[str] = (), **options: Any
) -> gr.HTML:
    """An HTML component made of static/NAME.html and the module static/NAME.js.

    The module's default export is called with {element, props, trigger, server, watch},
    see gr.HTML. `sends` names the events that it triggers.
    """
    # Gradio gives the component those events whose names stand in the script.
    events = "".join(f'// sends "{event}"\n' for event in sends)
    start = calling(f"{name}.js", "default")
    handed = "{ element, props, trigger, server, watch }"
    return gr.HTML(
        value,
        html_template=static(f"{name}.html"),
        # Not seen before it works: an early click would do nothing.
        js_on_load=f'{events}element.style.visibility = "hidden";\n'
        f'({start})({handed}).then(() => {{ element.style.visibility = ""; }});',
        apply_default_css=False,
        elem_id=name,
        **options,
    )


def calling(module: str, function: str, *arguments: str) -> str:
    """JavaScript: a function that calls one of a module in static/.

    The arguments, JavaScript too, come before those that the function is called with.
    """
    address = f'new URL("{SCRIPTS}/{module}", document.baseURI)'
    values = ", ".join([*arguments, "...values"])
    return f"async (...values) => (await import({address})).{function}({values})"


def colour_style() -> str:
    """The colour of each expression as --happy, and the colour of text on it as --happy-text."""
    rules = "".join(
        f"--{label}: {hex_colour(colour)}; --{label}-text: {hex_colour(text_colour(colour))}; "
        for label, colour in COLOURS.items()
    )
    return f"<style>:root {{ {rules}}}</style>"


def face_view(prediction: FacePrediction) -> Json:
    """A face as the page's script reads it."""
    return {
        "box": [round(edge, 1) for edge in prediction.face.box],
        "label": prediction.label,
        "confidence": round(prediction.confidence, 4),
        "probabilities": {
            label: round(probability, 4) for label, probability in prediction.probabilities.items()
        },
    }


def picture_uri(image: Image, longest: int = PICTURE_SIDE) -> str:
    """RGB uint8 (H, W, 3) as a JPEG data URI, its longer side at most `longest` pixels."""
    scale = min(1.0, longest / max(image.shape[:2]))
    if scale < 1.0:
        size_wh = [max(1, round(side * scale)) for side in image.shape[1::-1]]
        image = cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA).astype(np.uint8)
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode("ascii")


def crop_uri(image: Image, face: Face) -> str:
    """What the network was shown of a face: upright, the edge repeated outside; but in colour."""
    left, top, right, bottom = frame_of(face.box)
    x, y = (left + right) / 2, (top + bottom) / 2
    side = round(min(right - left, 4 * CROP_SIDE))
    to_middle = np.array([[0, 0, side / 2 - x], [0, 0, side / 2 - y]])
    matrix = cv2.getRotationMatrix2D((x, y), turn_of(face), side / (right - left)) + to_middle
    square = cv2.warpAffine(image, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return picture_uri(square.astype(np.uint8, copy=False), CROP_SIDE)


def file_routes(prefix: str, files: Iterable[Path]) -> list[Route]:
    """GET /PREFIX/NAME for each file.

    Not Starlette's Mount: it finds nothing where a proxy strips a prefix (GRADIO_ROOT_PATH).
    """

    def sender(file: Path) -> Callable[[Request], FileResponse]:
        return lambda _: FileResponse(file)

    return [Route(f"/{prefix}/{file.name}", sender(file)) for file in files]
