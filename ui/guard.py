"""What is turned away before Gradio sees it: files that were not uploaded, and endless bodies."""

import json
import os
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A picture of 10 MB as base64 text, the most that any call carries, is 13.4 MB.
BODY_BYTES = 16 * 2**20

SENTENCE = "a file must be uploaded first: other paths, and addresses, are not read"


class UploadsOnly:
    """ASGI middleware: a file that a call names must have been uploaded.

    Gradio would fetch an address that stands where a file should, whatever its size and by way of
    this server for anybody who asks; and of other paths it says only that something went wrong.
    Uploads themselves have a limit of their own, and pass.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 413 or 422 itself, and passes everything else on."""
        if scope["type"] != "http" or scope["method"] != "POST" or _is_form(scope):
            return await self._app(scope, receive, send)
        body = await _body(receive)
        if len(body) > BODY_BYTES:
            refusal = PlainTextResponse("the request is too large", 413)
            return await refusal(scope, receive, send)
        if not all(map(_is_upload, _paths(body))):
            return await _refusal()(scope, receive, send)
        return await self._app(scope, _replay(body, receive), send)


def _is_form(scope: Scope) -> bool:
    kind = Request(scope).headers.get("content-type", "")
    return kind.lower().startswith("multipart/form-data")


async def _body(receive: Receive) -> bytes:
    """The whole body; of one that is too large, enough to see that."""
    body = bytearray()
    more = True
    while more and len(body) <= BODY_BYTES:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def _paths(body: bytes) -> list[str]:
    """Every `path` of an object in a JSON body, however deep; this is how Gradio names files."""
    try:
        waiting: list[Any] = [json.loads(body)]
    except (ValueError, RecursionError):
        # What can't be read names nothing; Gradio refuses it.
        return []
    paths = []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            paths.append(value.get("path"))
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return [path for path in paths if isinstance(path, str)]


def _is_upload(path: str) -> bool:
    """By the text alone: what is opened is looked at again, see `ui.photo.uploaded`."""
    folder = Path(os.path.abspath(get_upload_folder()))  # noqa: PTH100
    return folder in Path(os.path.abspath(path)).parents  # noqa: PTH100


def _refusal() -> JSONResponse:
    # The form in which Gradio's clients show a sentence.
    detail = {"__type__": "validate", "is_valid": False, "message": SENTENCE}
    return JSONResponse({"detail": [detail]}, 422)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Gives the body once, and after it what the connection says."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again
