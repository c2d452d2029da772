"""What a request may do, decided before Gradio sees it: one ASGI middleware.

Paths are compared without the prefix that a proxy may put in front, as the router does it.
"""

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from gradio.utils import get_upload_folder
from starlette._utils import get_route_path
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emotion import ImageError
from ui.limits import CALL_BYTES, SILENT_SECONDS, UPLOAD_BYTES

# Gradio's page consists of inline scripts and styles, and it builds functions from text. So what a
# script may do is limited by what it can reach: no other host, not even for pictures and frames.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; "
    # A Space is shown in a frame on its page.
    "frame-ancestors 'self' https://huggingface.co https://*.hf.space"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), display-capture=()",
    "Referrer-Policy": "same-origin",
}

# Scripts and styles are no documents: the policies would be 50 KB of headers on a first visit.
SCRIPTS = ("/assets/", "/scripts/", "/static/")

# Routes of Gradio 6.31 that the page does not need: file=http://… and proxy= fetch any address for
# anyone, deep_link and process_recording leave files behind, the others stream, edit and reload.
CLOSED = re.compile(
    r"/gradio_api/(file[=/]\w{2,}:/|proxy=|deep_link|process_recording|stream/|custom_component/"
    r"|(undo-)?vibe-|dev/)",
    re.ASCII,
)
# Files come in here and nowhere else: anywhere else they would be written to disk and stay there.
UPLOAD = "/gradio_api/upload"
FILE = "/gradio_api/file"

NOT_UPLOADED = "a file must be uploaded first: other paths and addresses are not read"


class Security:
    """Closes routes, limits bodies, allows only files that were uploaded, and sets the headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers itself, or passes on."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        path = get_route_path(scope)
        send = _with_headers(send, path)
        if refusal := _closed(scope, path):
            return await refusal(scope, receive, send)
        if scope["method"] != "POST":
            return await self._app(scope, receive, send)
        is_upload = path.rstrip("/") == UPLOAD
        body = _Body(receive, UPLOAD_BYTES if is_upload else CALL_BYTES)
        try:
            # An upload is a stream that Gradio parses; any other body is read and checked here.
            checked = body.receive if is_upload else await _checked(scope, body)
            await self._app(scope, checked, send)
        except ImageError as error:
            # The form in which Gradio's clients show a sentence.
            detail = {"__type__": "validate", "is_valid": False, "message": str(error)}
            await JSONResponse({"detail": [detail]}, 422)(scope, receive, send)
        except ClientDisconnect:  # Gradio would log every visitor who leaves as a fault.
            if body.refusal:
                await body.refusal(scope, receive, send)


def _with_headers(send: Send, path: str) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Content-Type-Options"] = "nosniff"
            if not path.startswith(SCRIPTS):
                headers.update(HEADERS)
            if path.startswith(FILE):
                headers["Cache-Control"] = "no-store"
        await send(message)

    return send_with_headers


def _closed(scope: Scope, path: str) -> Response | None:
    if CLOSED.match(path):
        return JSONResponse({"detail": "this is closed here"}, 404)
    kind = Headers(scope=scope).get("content-type", "").lower()
    if kind.startswith("multipart/") and path.rstrip("/") != UPLOAD:
        return JSONResponse({"detail": f"files are sent to {UPLOAD}"}, 415)
    return None


class _Body:
    """A request's body, until it is too large or stalls: then it ends as if its sender had left."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self.after, self._left, self._more = receive, limit, True
        self.refusal: PlainTextResponse | None = None

    async def receive(self) -> Message:
        """The next piece; after the last one, what the connection says."""
        if not self._more:
            return await self.after()
        try:
            message = await asyncio.wait_for(self.after(), SILENT_SECONDS)
        except TimeoutError:
            return self._refuse("the request has come to a standstill", 408)
        self._left -= len(message.get("body", b""))
        self._more = message.get("more_body", False)
        return message if self._left >= 0 else self._refuse("the request is too large", 413)

    def _refuse(self, sentence: str, status: int) -> Message:
        # Nobody waits for the rest of it.
        self.refusal = PlainTextResponse(sentence, status, {"Connection": "close"})
        return {"type": "http.disconnect"}


async def _checked(scope: Scope, body: _Body) -> Receive:
    """The body again, once every file that it names is found to be an upload, or ImageError."""
    content = _with_uploads(await Request(scope, body.receive).body())
    messages: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else await body.after()

    return receive


def _with_uploads(body: bytes) -> bytes:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        # What can't be read names no file, and Gradio refuses it.
        return body
    waiting: list[Any] = [content]
    found = False
    # Gradio takes every object with a `path` for a file, however deep it lies.
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
            if isinstance(value.get("path"), str):
                value["path"] = str(uploaded(value["path"]))
                found = True
        elif isinstance(value, list):
            waiting += value
    # Half an emoji in a file's name is no Unicode: an answer that repeats it could not be sent.
    return json.dumps(content, ensure_ascii=False).encode(errors="replace") if found else body


def uploaded(path: str | Path) -> Path:
    """The path of an upload, or of the address that it is served at; ImageError for any other.

    Gradio would fetch an address, of any size, on this server's behalf.
    """
    text = str(path)
    if text.startswith(("http://", "https://")):
        text = unquote(text.partition(f"{FILE}=")[2])
    try:
        found = Path(text).resolve()
    except (ValueError, RuntimeError):  # NUL or half an emoji; a loop of links until Python 3.13
        raise ImageError(NOT_UPLOADED) from None
    if Path(get_upload_folder()).resolve() not in found.parents:
        raise ImageError(NOT_UPLOADED)
    return found
