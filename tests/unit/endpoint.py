"""A health endpoint of our own on 127.0.0.1: answers what the test says, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]


class Endpoint(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Callable[[int], Answer | None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.requests = answer, []
        self.url = f"http://127.0.0.1:{self.server_port}/health"


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def log_message(self, *words: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.requests.append(
            {"path": self.path, **{name.lower(): value for name, value in self.headers.items()}}
        )
        found = self.server.answer(len(self.server.requests))
        if found is None:  # hang up
            self.close_connection = True
            return
        status, body = found
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        if status // 100 == 3:
            self.send_header("Location", data.decode())
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.do_GET()


@contextmanager
def answering(answer: Callable[[int], Answer | None] | Answer) -> Iterator[Endpoint]:
    """A fixed answer, or one that depends on how often it was asked."""
    server = Endpoint(answer if callable(answer) else lambda count: answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
