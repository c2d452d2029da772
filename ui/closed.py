"""Routes of Gradio's that this app has no use for, and that would do harm."""

import re

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# Seen in Gradio 6.31:
# file=http://… fetches any address for anybody, and so does proxy=;
# deep_link writes a visitor's state to disk, and process_recording a film, both to stay there;
# the rest is for streams, custom components, an editor and reloading, of which there are none here.
CLOSED = re.compile(
    r"/gradio_api/"
    r"(file[=/]\w{2,}:/|proxy=|deep_link|process_recording|stream/|custom_component/"
    r"|(undo-)?vibe-|dev/)",
    re.ASCII,
)

# The one place where files come in. Elsewhere they would be written to disk and stay there.
UPLOAD = "/gradio_api/upload"


class ClosedRoutes:
    """ASGI middleware: 404 for those routes, and 415 for files that are sent anywhere else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers itself, or passes on."""
        app = self._app if scope["type"] != "http" else (_refusal(scope) or self._app)
        await app(scope, receive, send)


def _refusal(scope: Scope) -> JSONResponse | None:
    if CLOSED.match(scope["path"]):
        return JSONResponse({"detail": "this is closed here"}, 404)
    if is_form(scope) and scope["path"].rstrip("/") != UPLOAD:
        return JSONResponse({"detail": f"files are sent to {UPLOAD}"}, 415)
    return None


def is_form(scope: Scope) -> bool:
    """Whether a request has files in it, as forms do."""
    kind = Request(scope).headers.get("content-type", "")
    return kind.lower().startswith("multipart/")
