"""Front pages of hosted sites: read as anybody reads them, compared by hash, followed on their own host only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from rollback.platforms._hosted import pages
from rollback.platforms._hosted.pages import Page

pytestmark = pytest.mark.network
ANSWERS: dict[str, tuple[int, str]] = {
    "/": (302, "/en/"),
    "/en/": (200, "hello"),
    "/hello": (200, "hello"),
    "/other": (200, "good bye"),
    "/login": (302, "https://login.example/?next=x"),
    "/loop": (302, "/loop"),
    "/down": (503, "no"),
    "/drips": (200, "|".join(["x"] * 40)),
}


class Server:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *words: Any) -> None:
                """Silent."""

            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("authorization")))
                status, text = ANSWERS[self.path]
                self.send_response(status)
                if status == 302:
                    self.send_header("location", text)
                self.end_headers()
                for part in text.split("|"):
                    self.wfile.write(part.encode())
                    self.wfile.flush()
                    time.sleep(0.05 if "|" in text else 0)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    Thread(target=made.http.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.http.shutdown()
    made.http.server_close()


def test_an_answer_that_drips_is_no_page(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "WHOLE", 0.2)
    assert pages.fetch([f"{server.url}/drips"]) == [Page()]
    monkeypatch.setattr(pages, "WHOLE", 60)
    assert pages.fetch([f"{server.url}/drips"])[0].status == 200


def test_a_redirect_on_the_same_host_is_followed_and_no_token_is_sent(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETLIFY_AUTH_TOKEN", "not-a-real-token")
    first, same, other = pages.fetch([server.url + path for path in ("/", "/hello", "/other")])
    assert (first.status, first) == (200, same) and other.digest != same.digest
    assert {token for _, token in server.asked} == {None}


def test_another_host_is_named_and_not_asked(server: Server) -> None:
    assert pages.fetch([f"{server.url}/login"]) == [Page(302, "", "login.example")]


def test_redirects_end_somewhere(server: Server) -> None:
    assert pages.fetch([f"{server.url}/loop"]) == [Page(302)]
    assert len(server.asked) < 10


def test_what_may_pass_is_asked_once_more(server: Server) -> None:
    (page,) = pages.fetch([f"{server.url}/down"])
    assert (page.status, len(server.asked)) == (503, 2)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:1/", "http://[", "x"])
def test_what_cannot_be_read_has_no_status(url: str) -> None:
    assert pages.fetch([url]) == [Page()]
