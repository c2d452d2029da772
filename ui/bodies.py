"""What requests carry: no more than need be, and nobody waits for one who has fallen silent."""

import asyncio

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.closed import UPLOAD
from ui.limits import CALL_BYTES, SILENT_SECONDS, UPLOAD_BYTES


class Bodies:
    """ASGI middleware: 413 for too much, 408 for a silence, and no more than that in the log.

    What had arrived of a file by then, or before a visitor left, is deleted by ui/sweep.py.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["method"] != "POST":
            return await self._app(scope, receive, send)
        limit = UPLOAD_BYTES if scope["path"].rstrip("/") == UPLOAD else CALL_BYTES
        body = _Body(receive, limit)
        try:
            await self._app(scope, body.receive, send)
        except ClientDisconnect:
            # Gradio would write down everybody who leaves as a fault.
            if body.refusal:
                await body.refusal(scope, receive, send)


class _Body:
    """Received until it is too much or takes too long: then its sender is as good as gone."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self._more = True
        self.refusal: PlainTextResponse | None = None

    async def receive(self) -> Message:
        """The next piece; after the last, what the connection says."""
        if not self._more:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), SILENT_SECONDS)
        except TimeoutError:
            return self._refuse("the request has come to a standstill", 408)
        self._left -= len(message.get("body", b""))
        self._more = message.get("more_body", False)
        return message if self._left >= 0 else self._refuse("the request is too large", 413)

    def _refuse(self, sentence: str, status: int) -> Message:
        # What is left of it is not waited for.
        self.refusal = PlainTextResponse(sentence, status, {"Connection": "close"})
        return {"type": "http.disconnect"}
