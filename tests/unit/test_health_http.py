"""One look at an endpoint: what counts as healthy, what may pass by itself, and that no secret is told."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest
from endpoint import answering

from rollback.model import Release
from rollback.probes import http
from rollback.settings.model import HealthCheck

pytestmark = pytest.mark.network
GOOD = Release("20261121090000", version="v1.2.2", commit="b" * 40)


def check(url: str, expected: tuple[Release, ...] = (), **settings: object):
    chosen = {"attempts": 1, "timeout": 2.0, **settings}
    (found,) = http.look([HealthCheck(url, **chosen)], "after", expected)
    return found


def test_the_status_of_the_settings_is_healthy_and_no_other():
    with answering((204, b"")) as server:
        assert check(server.url, status=204).verdict == "healthy"
        assert (
            found := check(server.url)
        ).verdict == "unhealthy" and found.detail == "answers 204, not 200"
        assert found.name == server.url and found.phase == "after"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (500, "unhealthy"),
        (404, "unhealthy"),
        (401, "unhealthy"),
        (502, "waiting"),
        (503, "waiting"),
        (504, "waiting"),
    ],
)
def test_a_gateway_that_cannot_reach_its_server_may_pass(status, verdict):
    with answering((status, b"no")) as server:
        assert check(server.url).verdict == verdict


@pytest.mark.parametrize("version", ["v1.2.2", "1.2.2", "20261121090000", "b" * 40, "b" * 7])
def test_the_release_may_call_itself_by_any_of_its_names(version):
    with answering((200, {"version": version})) as server:
        assert check(server.url, (GOOD,), version_key="version").verdict == "healthy"


@pytest.mark.parametrize(
    "version", ["v1.2.3", "v1.2", "bbbbbb", "", "c" * 40, 20261122090000, "20261121"]
)
def test_another_version_is_told_and_waited_for(version):
    with answering((200, {"version": version})) as server:
        found = check(server.url, (GOOD,), version_key="version")
    assert (
        found.verdict == "waiting"
        and found.detail == f"200, but still serves {version}, not v1.2.2".replace("  ", " ")
    )


def test_a_version_key_may_lie_deeper():
    with answering((200, {"app": {"builds": [{"id": 20261121090000}]}, "a.b": "v1.2.2"})) as server:
        assert check(server.url, (GOOD,), version_key="app.builds.0.id").verdict == "healthy"
        assert check(server.url, (GOOD,), version_key="a.b").verdict == "healthy"


@pytest.mark.parametrize(
    "body",
    [
        b"<html>ok</html>",
        b"",
        b"[1]",
        b'{"other": 1}',
        b'{"version": {"a": 1}}',
        b'{"version": true}',
        b"\xff\xfe",
        b"[" * 60000,
    ],
)
def test_without_a_version_nothing_is_proven(body):
    with answering((200, body)) as server:
        assert check(server.url, (GOOD,), version_key="version").verdict == "unhealthy"
        assert check(server.url, (), version_key="version").verdict == "healthy"


def test_before_the_switch_any_version_will_do():
    with answering((200, {"version": "v1.2.3"})) as server:
        assert (
            found := check(server.url, version_key="version")
        ).verdict == "healthy" and found.detail == "200, v1.2.3"


def test_nobody_listens():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        found = check(f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert found.verdict == "waiting" and found.detail.startswith("no connection")


def test_a_server_that_hangs_up_is_not_healthy():
    with answering(lambda count: None) as server:
        assert check(server.url).verdict == "waiting"


def test_a_redirect_is_not_followed():
    with answering(
        lambda count: (302, b"http://user:hunter2@127.0.0.1:1/login?token=hunter2")
    ) as server:
        found = check(server.url)
    assert (
        found.verdict == "unhealthy"
        and "answers 302 to http://127.0.0.1:1/login?***" in found.detail
        and "hunter2" not in found.detail
    )
    assert len(server.requests) == 1


def test_attempts_are_made_until_one_is_healthy():
    with answering(lambda count: (200, b"") if count == 3 else (500, b"")) as server:
        assert check(server.url, attempts=5).verdict == "healthy"
    assert len(server.requests) == 3


def trickle(delay: float, first: bytes):
    """A server that sends one byte at a time, for ever."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        link, _ = listener.accept()
        with link:
            try:
                link.sendall(first)
                while True:
                    link.sendall(b"x")
                    time.sleep(delay)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    return listener


@pytest.mark.parametrize(
    "first", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["headers", "body"]
)
def test_a_server_that_never_ends_is_left_in_time(first):
    with trickle(0.05, first) as listener:
        began = time.monotonic()
        found = check(
            f"http://127.0.0.1:{listener.getsockname()[1]}/",
            (GOOD,),
            version_key="version",
            timeout=0.5,
        )
    assert (
        found.verdict == "waiting"
        and found.detail == "timed out after 0.5 s"
        and time.monotonic() - began < 3
    )


def test_a_huge_body_is_cut():
    with answering((200, b" " * 50_000_000)) as server:
        assert check(server.url, (GOOD,), version_key="version").verdict == "unhealthy"


def test_endpoints_are_asked_side_by_side():
    def slow(count: int):
        time.sleep(0.5)
        return 200, b""

    with answering(slow) as server:
        began = time.monotonic()
        found = http.look(
            [HealthCheck(f"{server.url}/{at}", attempts=1) for at in range(6)], "before"
        )
    assert [one.verdict for one in found] == ["healthy"] * 6 and time.monotonic() - began < 2


def test_a_proxy_is_not_asked_for_what_runs_here(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with answering((200, b"")) as server:
        assert check(server.url).verdict == "healthy"


def test_a_password_is_used_and_never_shown():
    with answering((500, b"")) as server:
        found = check(server.url.replace("http://", "http://ana:hunter2@") + "?token=hunter3")
    assert (
        server.requests[0]["authorization"].startswith("Basic ")
        and server.requests[0]["path"] == "/health?token=hunter3"
    )
    assert found.name == f"{server.url}?***" and "hunter" not in str(found)


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "http://a:b:c/",
        "http://127.0.0.1:99999/",
        "https://",
        "http://\x00/",
        "http://exa mple/",
    ],
)
def test_a_url_that_is_none_is_no_crash(url):
    assert check(url).verdict in ("unhealthy", "waiting")


@pytest.mark.programs
@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_a_certificate_that_nobody_vouches_for_is_told(tmp_path):
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "key",
        "-out",
        "cert",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
    ]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    with answering((200, b"")) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        found = check(server.url.replace("http:", "https:"))
    assert (
        found.verdict == "unhealthy" and found.detail.startswith("TLS: ") and "self" in found.detail
    )
