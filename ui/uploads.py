"""Files on their way in: a clip at the most in one go, and a silence is not waited out."""

import asyncio

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.closed import UPLOAD
from ui.video_tab import CLIP_BYTES, MIB

# Gradio's limit is for each of up to a thousand files in a request. The page sends one at a time.
UPLOAD_BYTES = CLIP_BYTES + MIB

# Between two pieces of a file; phones lose their connection for shorter.
SILENT_SECONDS = 30.0


class Uploads:
    """ASGI middleware for what is sent to UPLOAD: 413 for too much, 408 for a silence.

    What had arrived by then, or before a visitor left, is deleted by ui/sweep.py.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["path"].rstrip("/") != UPLOAD:
            return await self._app(scope, receive, send)
        bounded = _Bounded(receive)
        try:
            await self._app(scope, bounded.receive, send)
        except ClientDisconnect:
            # Gradio would leave a trace in the log of everybody who leaves.
            if bounded.refusal:
                await bounded.refusal(scope, receive, send)


class _Bounded:
    """Receives until it is too much or takes too long: then the visitor is as good as gone."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0
        self._more = True
        self.refusal: PlainTextResponse | None = None

    async def receive(self) -> Message:
        if not self._more:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), SILENT_SECONDS)
        except TimeoutError:
            return self._refuse("the upload has come to a standstill", 408)
        self._bytes += len(message.get("body", b""))
        self._more = message.get("more_body", False)
        if self._bytes > UPLOAD_BYTES:
            return self._refuse(f"more than {UPLOAD_BYTES // MIB} MB were sent at once", 413)
        return message

    def _refuse(self, sentence: str, status: int) -> Message:
        # What is left of the body is not waited for.
        self.refusal = PlainTextResponse(sentence, status, {"Connection": "close"})
        return {"type": "http.disconnect"}
