"""The reader of hosted platforms: one code word per cause, no token in a message, and no answer waited for for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from rollback.errors import Unreadable
from rollback.platforms._hosted import api, login, urls
from rollback.platforms._hosted.api import Api

TOKEN = "not-a-real-token"
FIX = "get a token"
Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Answers as it is told; counts the requests."""

    def __init__(self) -> None:
        self.answer: Answer = lambda handler: None
        self.headers: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *words: Any) -> None:
                """Silent."""

            def do_GET(self) -> None:
                outer.headers.append(dict(self.headers.items()))
                outer.answer(self)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    Thread(target=made.http.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.http.shutdown()
    made.http.server_close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What it would have slept between tries."""
    slept: list[float] = []
    monkeypatch.setattr(api.time, "sleep", slept.append)
    return slept


def reader(url: str) -> Api:
    return Api("Heroku", url, login.Login(TOKEN, "HEROKU_API_KEY", "HEROKU_API_KEY"), FIX)


def sends(status: int, body: bytes = b"{}", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in {"content-length": str(len(body)), **given}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def drips(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then: no timeout between two of them is ever reached."""
    sends(200, b"", content_length="100000")(handler)
    try:
        for _ in range(200):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.02)
    except OSError:
        return


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


REFUSALS = {
    "login-refused": (
        sends(401, b'{"message": "Invalid"}'),
        1,
        f"unset HEROKU_API_KEY; then {FIX}",
    ),
    "forbidden": (sends(403), 1, "account with access"),
    "not-found": (sends(404), 1, ""),
    "redirected": (sends(302, location="https://login.example/"), 1, "check api:"),
    "server-error": (sends(503), 3, "try again"),
    "rate-limited": (sends(429), 3, "wait a minute"),
    "not-json": (sends(200, b"<html>Log in</html>"), 3, ""),
    "cut-off": (sends(200, b'[{"id"', content_length="4000"), 3, "try again"),
}


@pytest.mark.network
@pytest.mark.parametrize("status", [302, 403, 404, 200])
def test_the_address_of_an_error_is_the_one_that_was_asked_for(
    server: Server, pauses: list[float], status: int
) -> None:
    server.answer = sends(status, b"no JSON")
    with pytest.raises(Unreadable) as error:
        reader(f"{server.url}/api/v1").get("/sites/1?page=2", {})
    assert f"{server.url}/api/v1/sites/1: " in error.value.message


@pytest.mark.network
@pytest.mark.parametrize("code", REFUSALS)
def test_each_cause_has_a_code_a_fix_and_its_number_of_tries(
    server: Server, pauses: list[float], code: str
) -> None:
    server.answer, tries, fix = REFUSALS[code]
    with pytest.raises(Unreadable) as error:
        reader(server.url).get("/apps/shop", {})
    assert (error.value.code, error.value.exit_code) == (code, 12)
    assert fix in error.value.fix and len(server.headers) == tries == len(pauses) + 1
    assert error.value.message.startswith(f"Heroku: {server.url}/apps/shop: ")


@pytest.mark.network
def test_a_server_that_hangs_up_or_is_not_there(server: Server, pauses: list[float]) -> None:
    server.answer = hangs_up
    with pytest.raises(Unreadable) as error:
        reader(server.url).get("/x", {})
    assert error.value.code == "cut-off" and len(server.headers) == 3
    with pytest.raises(Unreadable) as error:
        reader("http://127.0.0.1:1").get("/x", {})
    assert error.value.code == "unreachable"


@pytest.mark.network
def test_an_answer_that_drips_ends_with_the_limit_for_all_of_it(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "SECONDS", 0.2)
    monkeypatch.setattr(api, "TRIES", 1)
    server.answer = drips
    began = time.monotonic()
    with pytest.raises(Unreadable) as error:
        reader(server.url).get("/x", {})
    assert error.value.code == "timed-out" and time.monotonic() - began < 2


@pytest.mark.network
def test_an_answer_without_an_end_is_not_kept(
    server: Server, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MOST_BYTES", 1000)
    server.answer = sends(200, b" " * 5000)
    with pytest.raises(Unreadable, match="too long"):
        reader(server.url).get("/x", {})


@pytest.mark.network
def test_retry_after_is_waited_for_within_reason(server: Server, pauses: list[float]) -> None:
    server.answer = sends(429, retry_after="7")
    with pytest.raises(Unreadable):
        reader(server.url).get("/x", {})
    assert pauses == [7, 7]
    server.answer = sends(429, retry_after="600")
    with pytest.raises(Unreadable) as error:
        reader(server.url).get("/x", {})
    assert pauses == [7, 7] and error.value.fix == "wait 600 s, then try again"


@pytest.mark.network
def test_an_hour_of_maintenance_is_reported_not_waited_for(
    server: Server, pauses: list[float]
) -> None:
    server.answer = sends(503, retry_after="3600")
    with pytest.raises(Unreadable) as caught:
        reader(server.url).get("/x", {})
    assert caught.value.code == "server-error" and "wait 3600 s" in caught.value.fix
    assert pauses == [] and len(server.headers) == 1


@pytest.mark.network
def test_the_end_of_a_rate_limit_is_waited_for_and_of_no_other_error(
    server: Server, pauses: list[float]
) -> None:
    server.answer = sends(429, x_ratelimit_reset=str(int(time.time()) + 15))
    with pytest.raises(Unreadable):
        reader(server.url).get("/x", {})
    assert [10 < pause <= 15 for pause in pauses] == [True, True]
    server.answer = sends(503, x_ratelimit_reset=str(int(time.time()) + 600))
    with pytest.raises(Unreadable):
        reader(server.url).get("/x", {})
    assert pauses[2:] == [1, 2]


@pytest.mark.network
def test_one_bad_answer_is_asked_again(server: Server, pauses: list[float]) -> None:
    def second(handler: BaseHTTPRequestHandler) -> None:
        (sends(500) if len(server.headers) == 1 else sends(200, b'{"id": 1}'))(handler)

    server.answer = second
    assert reader(server.url).get("/x", {}).body == {"id": 1}


@pytest.mark.network
def test_a_server_that_repeats_the_token_does_not_make_us_show_it(
    server: Server, pauses: list[float]
) -> None:
    server.answer = sends(403, f'{{"message": "no: {TOKEN} <b>\\u001b[31m"}}'.encode())
    with pytest.raises(Unreadable) as error:
        reader(server.url).get("/x", {})
    assert TOKEN not in error.value.message and "no: *** ‹b›" in error.value.message
    assert server.headers[0]["Authorization"] == f"Bearer {TOKEN}"


def test_the_token_is_that_of_the_variable_then_that_of_netrc(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HEROKU_API_KEY", TOKEN)
    found = login.find("HEROKU_API_KEY", "api.heroku.com", FIX)
    assert (found.header, found.source) == (f"Bearer {TOKEN}", "HEROKU_API_KEY")
    monkeypatch.delenv("HEROKU_API_KEY")
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine api.heroku.com login ana password secret\n")
    found = login.find("HEROKU_API_KEY", "api.heroku.com", FIX)
    assert (found.header, found.source) == ("Bearer secret", "api.heroku.com in ~/.netrc")
    assert found.masked("a secret b") == "a *** b"


BAD_LOGINS = {
    "token-missing": (
        None,
        "default login ana password secret\nmachine git.heroku.com login a password b\n",
    ),
    "netrc-invalid": (None, 'machine api.heroku.com password "half'),
    "token-invalid": ("one\r\nX-Other: two", ""),
}


@pytest.mark.parametrize("code", BAD_LOGINS)
def test_a_login_that_cannot_be_used_is_told(
    code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token, netrc = BAD_LOGINS[code]
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("HEROKU_API_KEY", raising=False)
    if token:
        monkeypatch.setenv("HEROKU_API_KEY", token)
    (tmp_path / ".netrc").write_text(netrc)
    with pytest.raises(Unreadable) as error:
        login.find("HEROKU_API_KEY", "api.heroku.com", FIX)
    assert error.value.code == code and error.value.fix
    assert "secret" not in error.value.message and "two" not in error.value.message


@pytest.mark.parametrize(
    "url",
    ["https://api.example", "https://api.example/", "https://api.example:443/"],
)
def test_a_base_url_has_one_spelling(url: str) -> None:
    assert urls.base(url) == "https://api.example"


def test_another_port_and_a_path_stay() -> None:
    assert urls.base("https://api.example:4430/v1/") == "https://api.example:4430/v1"
    assert urls.base("http://127.0.0.1:443") == "http://127.0.0.1:443"


@pytest.mark.network
def test_an_address_in_an_answer_gets_no_token(server: Server) -> None:
    server.answer = sends(200, b"2026-11-20 a line\n")
    assert reader("https://api.example").text(f"{server.url}/streams/a") == "2026-11-20 a line\n"
    assert not {name.lower() for name in server.headers[0]} & {"authorization", "cookie"}


@pytest.mark.parametrize(
    "url",
    ["http://logs.example/streams/not-shown", "ftp://127.0.0.1/not-shown", "https://[not-shown"],
    ids=["anybody could read it", "another scheme", "no address"],
)
def test_an_address_in_an_answer_that_is_not_asked_is_not_shown(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = api.client_for

    def client_for(url: str) -> object:
        assert not url.startswith("http://logs."), "it was asked in the clear"
        return asked(url)

    monkeypatch.setattr(api, "client_for", client_for)
    with pytest.raises(Unreadable) as raised:
        reader("https://api.example").text(url)
    assert raised.value.code == "unreachable" and "not-shown" not in raised.value.message
