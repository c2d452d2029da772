"""The whole page, and how it is launched."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from ui.about_tab import FOLDER, PLOTS, about_tab
from ui.batch_tab import batch_tab
from ui.connections import end_idle_connections
from ui.endpoints import endpoints, health_route, mcp_installed
from ui.gallery import EXAMPLES
from ui.image_tab import image_tab
from ui.limits import CLIP_BYTES, SESSIONS, WAITING
from ui.security import Security
from ui.settings import Recognizers, settings_panel
from ui.sweep import sweep_forever
from ui.text import I18N, TEXTS, text
from ui.video_tab import video_tab
from ui.view import SCRIPTS, STATIC, calling, colour_style, file_routes
from ui.webcam_tab import webcam_tab

TITLE = TEXTS["page.title"]["en"]

# System fonts: the page asks no other host for anything.
FONT = ("system-ui", "sans-serif")
MONO = ("ui-monospace", "monospace")


class Page(gr.Blocks):
    """A Gradio app that takes None for the values that a program leaves out at the end."""

    def validate_inputs(self, block_fn: BlockFunction, inputs: list[Any]) -> None:
        """Gradio would answer such a call with an error without a word."""
        inputs += [None] * (len(block_fn.inputs) - len(inputs))


def build_page(recognizers: Recognizers) -> gr.Blocks:
    """The Gradio app; launch it with `launch_options`."""
    page = Page(title=TITLE, analytics_enabled=False)
    _limit_queue(page)
    with page:
        gr.Markdown(text("page.head"), elem_id="head")
        lower_score = settings_panel(recognizers, page)
        # On a phone the tabs take two rows; Gradio's menu for those that do not fit is no tab list.
        with gr.Tabs(overflow_behavior="wrap"):
            with gr.Tab(text("page.image"), id="image"):
                lower_score(image_tab(recognizers).fainter)
            with gr.Tab(text("page.webcam"), id="webcam"):
                webcam_tab(recognizers)
            with gr.Tab(text("page.video"), id="video"):
                video_tab(recognizers, page)
            with gr.Tab(text("page.batch"), id="batch"):
                batch_tab(recognizers)
            with gr.Tab(text("page.about"), id="about"):
                about_tab(recognizers.default.classifier.metadata)
        gr.Markdown(text("page.foot"), elem_id="foot")
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
        "head": colour_style(),
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
                *file_routes(PLOTS, FOLDER.glob("*.png")),
                *file_routes(SCRIPTS, STATIC.glob("*.js")),
                *file_routes("examples", EXAMPLES.iterdir()),
            ],
            # 6: 58 % smaller; 9 takes twice the time for another half per cent.
            "middleware": [Middleware(Security), Middleware(GZipMiddleware, compresslevel=6)],
            "lifespan": _housekeeping,
        },
    }


@asynccontextmanager
async def _housekeeping(app: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(work(app)) for work in (sweep_forever, end_idle_connections)]
    yield
    for task in tasks:
        task.cancel()
