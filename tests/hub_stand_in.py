"""A small Hub over real HTTP: what its client asks for in a push, a deployment, a download.

It keeps repositories in memory. A commit is recorded only when all of it has arrived and every
large file that it names is there. `fail` and `cut` make requests go wrong.
"""

import base64
import hashlib
import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, unquote

TOKEN = "hf_stand_in"  # of nobody
# Where the Hub keeps its conversion of a data set to parquet, and what that commit is called here.
CONVERTED, CONVERTED_SHA = "refs/convert/parquet", "c" * 40
LARGE = (".jpg", ".onnx", ".png", ".safetensors")

Kind = Literal["status", "before", "after"]


@dataclass
class Fault:
    """What happens to the next `times` requests whose "METHOD /path" the pattern finds.

    status: answered by it; before: the connection breaks while the body is read, nothing is done;
    after: it breaks when all is done, before the answer.
    """

    pattern: str
    kind: Kind
    times: int
    status: int = 0


@dataclass
class Repository:
    private: bool = False
    sdk: str | None = None  # of a Space
    hardware: str | None = None
    commits: list[dict[str, bytes]] = field(default_factory=list)  # all files after each
    converted: dict[str, bytes] = field(default_factory=dict)  # to parquet, of a data set
    pull_requests: list[dict[str, bytes]] = field(default_factory=list)

    @property
    def files(self) -> dict[str, bytes]:
        return self.commits[-1] if self.commits else {}

    @property
    def sha(self) -> str:
        return hashlib.sha1(str(len(self.commits)).encode()).hexdigest()


class HubStandIn(ThreadingHTTPServer):
    """Listens on a free port of this machine; `url` is what HF_ENDPOINT has to be."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.repositories: dict[str, Repository] = {}
        self.large: dict[str, bytes] = {}
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.account: dict[str, Any] = {
            "type": "user",
            "name": "owner",
            "orgs": [{"name": "lab", "roleInOrg": "write"}],
            "auth": {"type": "access_token", "accessToken": {"role": "write"}},
        }
        self.lock = threading.Lock()

    def fail(self, pattern: str, status: int, times: int = 1) -> None:
        self.faults.append(Fault(pattern, "status", times, status))

    def cut(self, pattern: str, kind: Kind = "before", times: int = 1) -> None:
        self.faults.append(Fault(pattern, kind, times))

    def asked(self, pattern: str) -> int:
        """How many requests the pattern finds."""
        return sum(bool(re.search(pattern, request)) for request in self.requests)

    def fault(self, request: str) -> Fault | None:
        """The fault that strikes the request, which is used up by that."""
        with self.lock:
            self.requests.append(request)
            for fault in self.faults:
                if fault.times and re.search(fault.pattern, request):
                    fault.times -= 1
                    return fault
        return None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests; anything else shall be seen."""
        error = sys.exc_info()[1]
        if error and not isinstance(error, ConnectionError):
            raise error


@contextmanager
def running() -> Iterator[HubStandIn]:
    hub = HubStandIn()
    thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        thread.join()
        hub.server_close()


class Answer(Exception):  # no error: a way out
    """Ends the handling of a request with this answer."""

    def __init__(self, status: int, body: Any = None, **headers: str) -> None:
        super().__init__(status)
        self.status, self.headers = status, headers
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()


def missing(what: str) -> Answer:
    """404 as the client tells it apart: what is RepoNotFound or EntryNotFound."""
    return Answer(404, {"error": what}, **{"X-Error-Code": what})


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HubStandIn

    def handle_any(self) -> None:
        path, _, query = self.path.partition("?")
        fault = self.server.fault(f"{self.command} {path}")
        if fault and fault.kind == "before":
            if self.command in ("POST", "PUT"):
                self.rfile.read(1)
            return self._hang_up()
        body = self._body()
        if fault and fault.kind == "status":
            return self._send(Answer(fault.status, {"error": HTTPStatus(fault.status).phrase}))
        answer = self._route(path, query, body)
        return self._hang_up() if fault else self._send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = handle_any

    def log_message(self, *_: Any) -> None:
        """Nothing: the tests' output is pytest's."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(2)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        headers = {"Content-Length": str(len(answer.body))} | answer.headers
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _route(self, path: str, query: str, body: bytes) -> Answer:
        try:
            for method, pattern, handle in ROUTES:
                found = re.fullmatch(pattern, path)
                if found and self.command in method:
                    self._check_token(path)
                    with self.server.lock:
                        return handle(self, *found.groups(), body=body, query=parse_qs(query))
        except Answer as answer:
            return answer
        return Answer(404, {"error": f"the stand-in does not know {self.command} {path}"})

    def _check_token(self, path: str) -> None:
        # Large files go to a storage of its own, at addresses that are signed.
        open_to_all = not path.startswith("/api/") or path.startswith("/api/storage/")
        if not open_to_all and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Answer(401, {"error": "Invalid username or password."})

    def _repository(self, name: str) -> Repository:
        if name not in self.server.repositories:
            raise missing("RepoNotFound")
        return self.server.repositories[name]

    def whoami(self, **_: Any) -> Answer:
        return Answer(200, self.server.account)

    def create(self, *, body: bytes, **_: Any) -> Answer:
        asked = json.loads(body)
        name = f"{asked['organization'] or self.server.account['name']}/{asked['name']}"
        exists = name in self.server.repositories
        private = asked.get("visibility") == "private"
        made = Repository(private, asked.get("sdk"), asked.get("hardware"))
        self.server.repositories.setdefault(name, made)
        return Answer(409 if exists else 200, {"url": f"{self.server.url}/{name}", "name": name})

    def _there(self, name: str, revision: str | None) -> tuple[dict[str, bytes], str]:
        """The files at a revision, and its commit."""
        repository = self._repository(name)
        if revision is None or unquote(revision) not in (CONVERTED, CONVERTED_SHA):
            return repository.files, repository.sha
        if not repository.converted:
            raise missing("RevisionNotFound")
        return repository.converted, CONVERTED_SHA

    def info(self, name: str, revision: str | None = None, **_: Any) -> Answer:
        files, sha = self._there(name, revision)
        about = {"id": name, "sha": sha, "private": self._repository(name).private}
        siblings = [{"rfilename": path} for path in files]
        return Answer(200, about | {"tags": [], "downloads": 0, "likes": 0, "siblings": siblings})

    def tree(self, name: str, sha: str, **_: Any) -> Answer:
        files, _ = self._there(name, sha)
        listed = [
            {"type": "file", "path": path, "size": len(content), "oid": oid_of(path, content)}
            for path, content in files.items()
        ]
        return Answer(200, listed)

    def validate(self, **_: Any) -> Answer:
        return Answer(200, {"warnings": [], "errors": []})

    def preupload(self, name: str, *, body: bytes, **_: Any) -> Answer:
        there = self._repository(name).files
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
                "oid": oid_of(file["path"], there[file["path"]]) if file["path"] in there else None,
            }
            for file in json.loads(body)["files"]
        ]
        return Answer(200, {"files": files})

    def batch(self, name: str, *, body: bytes, **_: Any) -> Answer:
        self._repository(name)
        objects = json.loads(body)["objects"]
        for wanted in objects:
            if wanted["oid"] not in self.server.large:
                storage = f"{self.server.url}/api/storage/{wanted['oid']}"
                wanted["actions"] = {"upload": {"href": storage}}
        return Answer(200, {"transfer": "basic", "objects": objects})

    def store(self, oid: str, *, body: bytes, **_: Any) -> Answer:
        if hashlib.sha256(body).hexdigest() != oid:
            raise Answer(400, {"error": "other bytes than announced"})
        self.server.large[oid] = body
        return Answer(200, {})

    def commit(self, name: str, *, body: bytes, query: dict[str, list[str]]) -> Answer:
        repository = self._repository(name)
        header, *changes = [json.loads(line) for line in body.splitlines()]
        if header["value"].get("parentCommit", repository.sha) != repository.sha:
            raise Answer(412, {"error": "A commit has happened since."})
        gone = {change["value"]["path"] for change in changes if change["key"] == "deletedFile"}
        kept = {path: content for path, content in repository.files.items() if path not in gone}
        files = kept | dict(
            self._change(change["value"]) for change in changes if change["key"] != "deletedFile"
        )
        url = f"{self.server.url}/{name}"
        if "create_pr" in query:
            repository.pull_requests.append(files)
            number = len(repository.pull_requests)
            about = {"pullRequestUrl": f"{url}/discussions/{number}"}
        else:
            repository.commits.append(files)
            about = {}
        commit = {"commitUrl": f"{url}/commit/{repository.sha}", "commitOid": repository.sha}
        return Answer(200, commit | about)

    def _change(self, change: dict[str, Any]) -> tuple[str, bytes]:
        if "content" in change:
            return change["path"], base64.b64decode(change["content"])
        if change["oid"] not in self.server.large:
            raise Answer(400, {"error": f"{change['path']} was not uploaded"})
        return change["path"], self.server.large[change["oid"]]

    def resolve(self, name: str, revision: str, path: str, **_: Any) -> Answer:
        files, sha = self._there(name, revision)
        if unquote(path) not in files:
            raise missing("EntryNotFound")
        content = files[unquote(path)]
        headers = {"ETag": f'"{oid_of(path, content)}"', "X-Repo-Commit": sha}
        return Answer(200, content, **headers)


def oid_of(path: str, content: bytes) -> str:
    """The name that git gives a small file's content, and large file storage a large one's."""
    if path.endswith(LARGE):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


NAME = r"([\w.-]+/[\w.-]+)"
API = f"/api/(?:models|spaces|datasets)/{NAME}"
ROUTES = [
    ("GET", "/api/whoami-v2", Handler.whoami),
    ("POST", "/api/repos/create", Handler.create),
    ("POST", "/api/validate-yaml", Handler.validate),
    ("GET", f"{API}(?:/auth-check/write|/revision/([^/]+))?", Handler.info),
    ("GET", f"{API}/tree/(\\w+)", Handler.tree),
    ("POST", f"{API}/preupload/main", Handler.preupload),
    ("POST", f"(?:/spaces)?/{NAME}\\.git/info/lfs/objects/batch", Handler.batch),
    ("PUT", r"/api/storage/(\w+)", Handler.store),
    ("POST", f"{API}/commit/main", Handler.commit),
    ("GET HEAD", f"(?:/datasets)?/{NAME}/resolve/([^/]+)/(.+)", Handler.resolve),
]
