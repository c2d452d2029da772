"""The whole page, and how it is launched."""

from typing import Any

import gradio as gr

from emotion import EmotionRecognizer
from ui.image_tab import image_tab
from ui.view import STATIC, static
from ui.webcam_tab import webcam_tab

TITLE = "Facial expressions"

# System fonts: the page asks no other host for anything.
FONT = ("system-ui", "sans-serif")
MONO = ("ui-monospace", "monospace")

# Seconds between two looks at the temporary files, and the age at which one is deleted.
DELETE_UPLOADS = (60, 60)


def build_page(recognizer: EmotionRecognizer) -> gr.Blocks:
    """The Gradio app; launch it with `launch_options()`."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=DELETE_UPLOADS) as page:
        gr.HTML(static("head.html"), apply_default_css=False, elem_id="head")
        with gr.Tab("Image"):
            image_tab(recognizer)
        with gr.Tab("Webcam"):
            webcam_tab(recognizer)
        gr.HTML(static("foot.html"), apply_default_css=False, elem_id="foot")
    return page


def launch_options() -> dict[str, Any]:
    """Arguments for `Blocks.launch`: looks, limits, and nothing that keeps or shares pictures."""
    return {
        "theme": gr.themes.Soft(
            primary_hue="indigo", neutral_hue="slate", font=FONT, font_mono=MONO
        ),
        "css_paths": STATIC / "page.css",
        "head": f"<script>{static('faces.js')}</script>",
        "max_file_size": "10mb",
        "run_history": False,
        "share": False,
        "ssr_mode": False,
        "footer_links": ["api", "settings"],
    }
