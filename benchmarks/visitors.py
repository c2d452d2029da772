"""Visitors of the app, over HTTP and as the page's own scripts would have it."""

import asyncio
import base64
import json
import random
import secrets
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal, NamedTuple

import httpx

API = "/gradio_api"

# Seconds. Nobody waits longer for an answer: what takes longer counts as an error.
HANG = 30.0

# As static/webcam.js has it, in seconds.
FASTEST, SLOWEST, CROWDED = 0.05, 2.0, 0.25
ON_THEIR_WAY = 2

# Seconds before a visitor whose picture was refused sends it again.
AGAIN = (1.0, 3.0)
# Then somebody else comes: sessions begin and end.
PICTURES_A_VISIT = 20

Json = dict[str, Any]
Kind = Literal["served", "refused", "told", "error"]


class File(NamedTuple):
    """What is sent, and whether it can be read."""

    name: str
    data: bytes
    good: bool = True

    def uri(self) -> str:
        """The same as the webcam tab sends its frames."""
        return "data:image/jpeg;base64," + base64.b64encode(self.data).decode("ascii")


class Outcome(NamedTuple):
    """How one request ended, after so many milliseconds.

    Served, refused politely, told in one sentence that the file can't be read, or an error, and
    then which.
    """

    kind: Kind
    ms: float
    error: str = ""


class Page(NamedTuple):
    """The app's address, and its configuration as the browser reads it."""

    client: httpx.AsyncClient
    config: Json

    def component(self, elem_id: str) -> int:
        """The number of the part with this id."""
        parts = self.config["components"]
        return int(next(part["id"] for part in parts if part["props"].get("elem_id") == elem_id))

    def event(self, elem_id: str, name: str) -> Json:
        """What the page does when this happens to that part."""
        target = [self.component(elem_id), name]
        return next(event for event in self.events() if target in event["targets"])

    def named(self, api_name: str) -> Json:
        """What programs call by this name."""
        return next(event for event in self.events() if event["api_name"] == api_name)

    def events(self) -> list[Json]:
        """Everything the page asks the server for."""
        found: list[Json] = self.config["dependencies"]
        return found

    def next(self, event: Json, succeeded: bool) -> list[Json]:
        """What the page asks for after an event has ended so."""
        unwanted = "trigger_only_on_failure" if succeeded else "trigger_only_on_success"
        after = [other for other in self.events() if other["trigger_after"] == event["id"]]
        return [other for other in after if not other[unwanted]]


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Page]:
    """The app at this address, for any number of visitors."""
    # A connection for each request: uvicorn closes one after 5 s of silence, and where it does so
    # while it is asked, browsers try again by themselves and httpx does not.
    limits = httpx.Limits(max_keepalive_connections=0)
    options: Any = {"base_url": url, "limits": limits, "timeout": HANG, "trust_env": False}
    async with httpx.AsyncClient(**options) as client:
        config = (await client.get("/config")).raise_for_status().json()
        yield Page(client, config)


@asynccontextmanager
async def visiting(page: Page) -> AsyncIterator[str]:
    """A session's name; the document was loaded, and the line over which the end is noticed."""
    session = secrets.token_hex(6)
    (await page.client.get("/")).raise_for_status()
    heartbeat = f"{API}/heartbeat/{session}"
    async with page.client.stream("GET", heartbeat, timeout=None):
        yield session


async def send_picture(page: Page, session: str, file: File) -> Outcome:
    """Into the image tab: the upload, the question, and whatever the page asks after that."""
    start = time.perf_counter()
    payload = await _upload(page, session, file)
    event = page.event("picture", "input")
    answer = await _ask(page, session, event, [payload, {}])
    outcome = _judged(answer, file, start)
    if outcome.kind == "served":
        for later in page.next(event, succeeded=True):
            await _ask(page, session, later, [])
    return outcome


async def ask_predict(page: Page, session: str, file: File) -> Outcome:
    """What a program does: the upload, the question, the answer."""
    start = time.perf_counter()
    payload = await _upload(page, session, file)
    return _judged(await _ask(page, session, page.named("predict"), [payload]), file, start)


async def send_frame(page: Page, session: str, visitor: str, file: File) -> tuple[Outcome, float]:
    """From the webcam tab; how it ended, and in how many seconds the next is welcome."""
    start = time.perf_counter()
    question = {"visitor": visitor, "frame": file.uri(), "smoothing": 0.5, "settings": {}}
    body = {
        "data": question,
        "component_id": page.component("webcam"),
        "fn_name": "recognize_frame",
        "session_hash": session,
    }
    answer = await page.client.post(f"{API}/component_server", json=body)
    said = answer.raise_for_status().json()
    return _judged(said, file, start), said.get("pause", 0.0)


def _judged(answer: Json, file: File, start: float) -> Outcome:
    """A good file must have its faces, a bad one a sentence and no more."""
    ms, sentence = _ms(start), answer.get("error")
    if answer.get("busy"):
        return Outcome("refused", ms)
    if file.good and sentence is None:
        return Outcome("served", ms)
    if not file.good and is_clear(sentence):
        return Outcome("told", ms)
    return Outcome("error", ms, f"{file.name}: {sentence or 'taken for a picture'}")


def is_clear(sentence: object) -> bool:
    """One line in words, and nothing of the server's own."""
    if not isinstance(sentence, str) or "\n" in sentence or "/" in sentence:
        return False
    return " " in sentence and "Error" not in sentence and len(sentence) < 200


def _ms(start: float) -> float:
    return 1000 * (time.perf_counter() - start)


async def _upload(page: Page, session: str, file: File) -> Json:
    files = {"files": (file.name, file.data)}
    params = {"upload_id": session}
    sent = await page.client.post(f"{API}/upload", params=params, files=files)
    (path,) = sent.raise_for_status().json()
    kept = {"path": path, "orig_name": file.name, "size": len(file.data)}
    return kept | {"meta": {"_type": "gradio.FileData"}}


async def _ask(page: Page, session: str, event: Json, data: list[Any]) -> Json:
    """The event's answer: {busy}, {error}, or {data}."""
    body = {"data": data, "fn_index": event["id"], "session_hash": session, "event_data": None}
    if event["queue"] is False:
        ran = await page.client.post(f"{API}/run/predict", json=body)
        return dict(ran.json())
    joined = await page.client.post(f"{API}/queue/join", json=body)
    if joined.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return {"busy": True}
    number = joined.raise_for_status().json()["event_id"]
    return await _completed(page, session, number)


async def _completed(page: Page, session: str, number: str) -> Json:
    params = {"session_hash": session}
    async with page.client.stream("GET", f"{API}/queue/data", params=params) as stream:
        async for line in stream.aiter_lines():
            message = json.loads(line.removeprefix("data:") or "{}")
            if message.get("msg") == "process_completed" and message["event_id"] == number:
                output: Json = message["output"]
                return output if message["success"] else {"error": output.get("error")}
    return {"error": "the stream ended before the answer"}


class Visitor:
    """One of several; draws what it sends, keeps how it ended."""

    def __init__(self, page: Page, good: File, bad: list[File], share: float, seed: int) -> None:
        self.page = page
        self.outcomes: list[Outcome] = []
        self._good, self._bad, self._share = good, bad, share
        self._draw = random.Random(seed)

    def file(self) -> File:
        """Mostly the good one."""
        return self._draw.choice(self._bad) if self._draw.random() < self._share else self._good

    def seconds(self, least: float, most: float) -> float:
        """Somewhere between, so that visitors do not keep step."""
        return self._draw.uniform(least, most)

    def note(self, outcome: Outcome) -> Outcome:
        """Keeps it."""
        self.outcomes.append(outcome)
        return outcome

    def failed(self, error: Exception) -> Outcome:
        """Keeps what went wrong."""
        return self.note(Outcome("error", 0.0, f"{type(error).__name__}: {error}"))


# What can go wrong on the way: the connection, a status that is none of those expected, an answer
# that is no JSON, or is without what should be in it.
WRONG = (httpx.HTTPError, ValueError, KeyError)


async def uploads(visitor: Visitor, end: float, send: Any = send_picture) -> None:
    """Picture after picture, each as soon as the last was answered; at the least, one."""
    while not visitor.outcomes or time.perf_counter() < end:
        try:
            async with visiting(visitor.page) as session:
                await _visit(visitor, session, end, send)
        except WRONG as error:
            visitor.failed(error)


async def _visit(visitor: Visitor, session: str, end: float, send: Any) -> None:
    for _ in range(PICTURES_A_VISIT):
        outcome = visitor.note(await send(visitor.page, session, visitor.file()))
        if outcome.kind == "refused":
            await asyncio.sleep(visitor.seconds(*AGAIN))
        if time.perf_counter() > end:
            return


async def watches(visitor: Visitor, end: float) -> None:
    """A camera that runs to the end, as static/webcam.js runs it; one frame at the least."""
    camera = Camera(visitor)
    try:
        async with visiting(visitor.page) as session, asyncio.TaskGroup() as frames:
            frames.create_task(camera.ask(session))
            while time.perf_counter() < end:
                await camera.is_due()
                if camera.has_room():
                    frames.create_task(camera.ask(session))
    except WRONG as error:
        visitor.failed(error)


class Camera:
    """How often frames are sent, and how many are on their way."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._name = str(uuid.uuid4())
        self._waiting = 0
        self._every = FASTEST
        self._due = 0.0

    async def is_due(self) -> None:
        """Returns when another frame is, which an answer may change until then."""
        while (rest := self._due - time.perf_counter()) > 0:
            await asyncio.sleep(min(rest, FASTEST))
        self._due = time.perf_counter() + self._every

    def has_room(self) -> bool:
        """Among many, one at a time."""
        return self._waiting < (1 if self._every > CROWDED else ON_THEIR_WAY)

    async def ask(self, session: str) -> None:
        """One frame."""
        self._waiting += 1
        visitor = self._visitor
        try:
            file = visitor.file()
            outcome, pause = await send_frame(visitor.page, session, self._name, file)
            visitor.note(outcome)
        except WRONG as error:
            outcome, pause = visitor.failed(error), 2 * self._every
        finally:
            self._waiting -= 1
        self._pace(outcome, min(SLOWEST, max(FASTEST, pause)))

    def _pace(self, outcome: Outcome, pause: float) -> None:
        """The server says how often it wants a frame, and after a refusal, when another."""
        if outcome.kind == "refused":
            self._due = time.perf_counter() + pause
        elif outcome.kind != "told":
            self._every = pause
