"""A proxy before the emulator: it logs every call, and lets the nth one fail."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

# kind -> status and error code of an answer; "drop" and "lost" give none, "lost" after the change was made
REFUSALS = {
    "throttled": (400, "ThrottlingException"),
    "expired": (400, "ExpiredTokenException"),
    "denied": (400, "AccessDeniedException"),
    "broken": (500, "ServerException"),
}


Ask = Callable[[str, Any], Any]  # an operation of the emulator, and its answer
Behind = Callable[[str, Any, Ask], tuple[int, Any] | None]


@dataclass
class Fault:
    """What goes wrong with the calls from `first` on, `count` of them; `only` names an operation."""

    kind: str
    first: int = 0
    count: int = 1
    only: str = ""
    seen: int = 0

    def hits(self, operation: str) -> bool:
        if self.only and operation != self.only:
            return False
        self.seen += 1
        return self.first < self.seen <= self.first + self.count


class Proxy:
    """`log` has the operations; `watch` is told of each before it is passed on.

    `behind` answers what the emulator cannot. With a `pace` each answer takes that many seconds,
    and `spans` has from when to when.
    """

    def __init__(self, url: str) -> None:
        self.port = urlsplit(url).port
        self.log: list[str] = []
        self.fault: Fault | None = None
        self.watch: Callable[[str], None] | None = None
        self.behind: Behind | None = None
        self.pace = 0.0
        self.spans: list[tuple[float, float]] = []
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def serving(self) -> Iterator[Proxy]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def changes(self) -> list[str]:
        reading = ("Describe", "List", "BatchGet", "Get")
        named = filter(None, self.log)  # only reads of other services have no target
        return [operation for operation in named if not operation.startswith(reading)]

    def in_turn(self) -> int:
        """Return how many requests had to wait for each other: the longest chain of answers."""
        chain, until = 0, 0.0
        for began, ended in sorted(self.spans, key=lambda span: span[1]):
            if began >= until:
                chain, until = chain + 1, ended
        return chain

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # headers and body are two writes

            def log_message(self, *words: Any) -> None:
                """The log is ours."""

            def do_POST(self) -> None:
                outer.answer(self)

            do_GET = do_POST  # objects of S3

        return Handler

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        operation = handler.headers.get("x-amz-target", "").rpartition(".")[2]
        began = time.monotonic()
        with self.lock:
            self.log.append(operation)
            if self.watch:
                self.watch(operation)
            fault = self.fault if self.fault and self.fault.hits(operation) else None
        if fault is None or fault.kind == "lost":
            status, headers, content = self._answered(handler, operation, body)
        else:
            status, code = REFUSALS.get(fault.kind, (0, ""))
            headers = {"Content-Type": "application/x-amz-json-1.1"}
            content = json.dumps(
                {"__type": code, "message": f"a fault of kind {fault.kind}"}
            ).encode()
        time.sleep(max(0.0, began + self.pace - time.monotonic()))
        self.spans.append((began, time.monotonic()))
        if fault and fault.kind in ("drop", "lost"):
            handler.close_connection = True
            return
        handler.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    def _answered(
        self, handler: BaseHTTPRequestHandler, operation: str, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        def ask(name: str, content: Any) -> Any:
            target = handler.headers["x-amz-target"].rpartition(".")[0]
            del handler.headers["x-amz-target"]
            handler.headers["x-amz-target"] = f"{target}.{name}"
            return json.loads(self._forwarded(handler, json.dumps(content).encode())[2])

        known = self.behind(operation, json.loads(body), ask) if self.behind and operation else None
        if known is None:
            return self._forwarded(handler, body)
        status, answer = known
        kind = {"Content-Type": "application/x-amz-json-1.1"}
        return status, kind, json.dumps(answer).encode()

    def _forwarded(
        self, handler: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        passed = ("x-amz-target", "content-type", "authorization", "x-amz-date")
        headers = {name: value for name, value in handler.headers.items() if name.lower() in passed}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(handler.command, handler.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        kind = answer.headers.get("content-type", "application/x-amz-json-1.1")
        return answer.status, {"Content-Type": kind}, content
