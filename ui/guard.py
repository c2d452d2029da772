"""Calls, looked at before Gradio does: of what is there, and with files that were uploaded."""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from gradio.utils import get_upload_folder
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emotion import EmotionError, ImageError
from ui.calls import check_call
from ui.closed import is_form

# Where Gradio serves files.
FILE_ROUTE = "/gradio_api/file="

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
        """Answers 422 itself, and passes everything else on."""
        if scope["type"] != "http" or scope["method"] != "POST" or is_form(scope):
            return await self._app(scope, receive, send)
        try:
            body = _checked(scope, await Request(scope, receive).body())
        except EmotionError as error:
            return await _refusal(error)(scope, receive, send)
        return await self._app(scope, _replay(body, receive), send)


def _checked(scope: Scope, body: bytes) -> bytes:
    """A JSON body, with the paths of files that were uploaded.

    Raises ImageError for other paths, and CallError for a call that is none.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        # What can't be read names nothing; Gradio refuses it.
        return body
    files = _files(content)
    for file in files:
        file["path"] = _upload(file["path"])
    check_call(scope["app"].get_blocks(), scope["path"], content)
    return json.dumps(content).encode() if files else body


def _files(content: Any) -> list[dict[str, Any]]:
    """What Gradio takes for files: every object with a `path`, however deep it lies."""
    waiting, files = [content], []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
            if isinstance(value.get("path"), str):
                files.append(value)
        elif isinstance(value, list):
            waiting += value
    return files


def _upload(path: str) -> str:
    """The path on this server, by its text alone: what is opened is looked at again, see ui.photo.

    An upload may also be named as MCP clients do, by the address it is served at.
    """
    if path.startswith(("http://", "https://")):
        path = unquote(path.partition(FILE_ROUTE)[2])
    folder = Path(os.path.abspath(get_upload_folder()))  # noqa: PTH100
    if folder not in Path(os.path.abspath(path)).parents:  # noqa: PTH100
        raise ImageError(SENTENCE)
    return path


def _refusal(error: EmotionError) -> JSONResponse:
    # The form in which Gradio's clients show a sentence.
    detail = {"__type__": "validate", "is_valid": False, "message": str(error)}
    return JSONResponse({"detail": [detail]}, 422)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Gives the body once, and after it what the connection says."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again
