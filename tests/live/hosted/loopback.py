"""A server of its own on loopback: it logs every request, and fails on demand at the nth one."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

FAULTS = ("drop", "cut", "429", "500", "401", "redirect", "html")
_STATUS = {"429": 429, "500": 500, "401": 401, "redirect": 302, "html": 200}


@dataclass
class Asked:
    """One request. `token` is what it was allowed in with: never kept."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)


@dataclass
class Reply:
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """What goes wrong with the requests from `first` on, `count` of them; `after`: when the change was made."""

    kind: str
    first: int = 0
    count: int = 1
    method: str = ""
    after: bool = False
    seen: int = 0

    def hits(self, asked: Asked) -> bool:
        if self.method and asked.method != self.method:
            return False
        self.seen += 1
        return self.first < self.seen <= self.first + self.count


class Loopback:
    """`routes` answers a request, None for a path that nobody has. `problems` must be empty after a test."""

    def __init__(self, routes: Callable[[Asked], Reply | None]) -> None:
        self.routes = routes
        self.log: list[tuple[str, str, int]] = []
        self.problems: list[str] = []
        self.fault: Fault | None = None
        self.watch: Callable[[Asked], None] | None = (
            None  # is told of each request before it is answered
        )
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()

    def changes(self) -> list[tuple[str, str, int]]:
        return [row for row in self.log if row[0] != "GET"]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # headers and body are two writes

            def log_message(self, *words: Any) -> None:
                """The log is ours."""

            def answer(self) -> None:
                outer.answer(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        return Handler

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        url = urlsplit(handler.path)
        query = dict(parse_qsl(url.query))
        asked = Asked(handler.command, url.path, headers, _json(raw), query)
        with self.lock:
            if self.watch:
                self.watch(asked)
            fault = self.fault if self.fault and self.fault.hits(asked) else None
            reply = None
            if fault is None or fault.after:
                reply = self.routes(asked)
                if reply is None:
                    self.problems.append(f"nobody answers {asked.method} {asked.path}")
                    reply = Reply(404, {"id": "not_found", "message": "no route"})
            status = 0 if fault else reply.status if reply else 0
            self.log.append((asked.method, asked.path, status))
        if fault:
            _fail(handler, fault.kind, reply)
        elif reply:
            body = b"" if reply.status == 204 else _encoded(reply.body)
            _send(handler, reply.status, body, reply.headers)


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw.decode("latin1")


def _encoded(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def _send(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    headers: dict[str, str],
    kept: int | None = None,
) -> None:
    handler.send_response(status)
    lines = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    for name, value in lines.items() if status != 204 else ():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body if kept is None else body[:kept])


def _fail(handler: BaseHTTPRequestHandler, kind: str, reply: Reply | None) -> None:
    body = json.dumps(reply.body if reply else [{"id": "an answer"}]).encode()
    if kind == "drop":
        handler.close_connection = True
    elif kind == "hang":
        threading.Event().wait(1.5)  # in the test's own process time.sleep may be off
        handler.close_connection = True
    elif kind == "cut":
        _send(handler, 200, body, {}, kept=len(body) // 2)
        handler.close_connection = True
    elif kind == "html":
        _send(handler, 200, b"<html>Log in</html>", {"content-type": "text/html"})
    else:
        headers = {"429": {"retry-after": "1"}, "redirect": {"location": "https://id.example/"}}
        message = json.dumps({"id": "fault", "message": f"a fault of kind {kind}"}).encode()
        _send(handler, _STATUS[kind], message, headers.get(kind, {}))


def max_of(span: str, default: int) -> int:
    """How many rows a Range header asks for."""
    match = re.search(r"max=(\d+)", span)
    return int(match[1]) if match else default
