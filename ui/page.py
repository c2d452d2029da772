"""The whole page, and how it is launched."""

import os
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from ui.about_tab import about_tab
from ui.batch_tab import batch_tab
from ui.bodies import Bodies
from ui.closed import ClosedRoutes
from ui.endpoints import endpoints, health_route, mcp_installed
from ui.guard import UploadsOnly
from ui.headers import Headers
from ui.image_tab import image_tab
from ui.limits import CLIP_BYTES, SESSIONS, SWEEP_AGE, SWEEP_EVERY, WAITING
from ui.settings import Recognizers, settings_panel
from ui.sweep import sweeping
from ui.text import I18N, TEXTS, text
from ui.video_tab import video_tab
from ui.view import SCRIPTS, STATIC, calling, component
from ui.webcam_tab import webcam_tab
from ui.zipped import ZippedPage

TITLE = TEXTS["page.title"]["en"]

# System fonts: the page asks no other host for anything.
FONT = ("system-ui", "sans-serif")
MONO = ("ui-monospace", "monospace")

# The first sees a request first.
MIDDLEWARE = (Headers, ZippedPage, ClosedRoutes, Bodies, UploadsOnly)


def build_page(recognizers: Recognizers) -> gr.Blocks:
    """The Gradio app; launch it with `launch_options`."""
    page = gr.Blocks(title=TITLE, analytics_enabled=False)
    _limit_queue(page)
    with page:
        component("head")
        settings = settings_panel(recognizers, page)
        # On a phone the tabs take two rows; Gradio's menu for those that do not fit is no tab list.
        with gr.Tabs(overflow_behavior="wrap"):
            with gr.Tab(text("page.image"), id="image"):
                image_tab(recognizers, settings)
            with gr.Tab(text("page.webcam"), id="webcam"):
                webcam_tab(recognizers)
            with gr.Tab(text("page.video"), id="video"):
                video_tab(recognizers)
            with gr.Tab(text("page.batch"), id="batch"):
                batch_tab(recognizers)
            with gr.Tab(text("page.about"), id="about"):
                about_tab(recognizers.default.classifier.metadata)
        component("foot")
        page.load(None, js=calling("page.js", "openTab"))
        endpoints(recognizers)
    return page


def _limit_queue(page: gr.Blocks) -> None:
    # Gradio 6.31 makes a table of its last 10,000 calls after each one, which nobody looks at:
    # 4 to 13 ms of a core.
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
    page.queue(max_size=WAITING)


def launch_options(recognizers: Recognizers) -> dict[str, Any]:
    """Arguments for `Blocks.launch`: looks, limits, and nothing that keeps or shares pictures."""
    return {
        "theme": gr.themes.Soft(
            primary_hue="indigo", neutral_hue="slate", font=FONT, font_mono=MONO
        ),
        # page.css first: the tabs' own files may overrule it.
        "css_paths": sorted(STATIC.glob("*.css"), key=lambda path: (path.stem != "page", path)),
        "head": f'<link rel="modulepreload" href="{SCRIPTS}/page.js">',
        "i18n": I18N,
        "max_file_size": CLIP_BYTES,
        "state_session_capacity": SESSIONS,
        "run_history": False,
        "enable_monitoring": False,
        "share": False,
        "ssr_mode": False,
        "footer_links": ["api", "settings"],
        "mcp_server": mcp_installed(),
        "app_kwargs": {
            "routes": [
                health_route(recognizers),
                Mount(f"/{SCRIPTS}", StaticFiles(directory=STATIC)),
            ],
            "middleware": [Middleware(kind) for kind in MIDDLEWARE],
            "lifespan": sweeping(SWEEP_EVERY, SWEEP_AGE),
        },
    }
