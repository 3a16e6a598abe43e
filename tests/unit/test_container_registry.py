"""Which registry is asked for an image, what its answers mean, and where a login goes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from rollback.probes import container_registry
from rollback.probes.container_registry import HUB, Image


@pytest.mark.parametrize(("image", "asked"), [
    ("nginx", Image(HUB, "library/nginx", "latest")), ("acme/web:2", Image(HUB, "acme/web", "2")),
    ("docker.io/nginx:1", Image(HUB, "library/nginx", "1")),
    ("ghcr.io/acme/web:v1.2", Image("ghcr.io", "acme/web", "v1.2")), ("reg:5000/web", Image("reg:5000", "web", "latest")),
    ("reg.example.com/a/b/c:1@sha256:ab", Image("reg.example.com", "a/b/c", "sha256:ab")), ("localhost/web:v1", None),
])  # fmt: skip
def test_the_registry_is_read_from_the_name(image: str, asked: Image | None) -> None:
    assert container_registry.parse(image) == asked


class Server(ThreadingHTTPServer):
    """Answers by path; remembers the logins it was shown."""

    answers: dict[str, tuple[int, dict[str, str]]]
    logins: list[str | None]


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        assert isinstance(self.server, Server)
        self.server.logins.append(self.headers.get("Authorization"))
        status, headers = self.server.answers[self.path.split("/")[2]]
        if self.headers.get("Authorization"):
            status = 200
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made = Server(("127.0.0.1", 0), Handler)
    made.logins = []
    Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()


OURS = {"Docker-Distribution-Api-Version": "registry/2.0"}


@pytest.mark.network
@pytest.mark.parametrize(("answer", "known"), [
    ((200, OURS), True), ((404, OURS), False), ((404, {}), None), ((403, OURS), None), ((500, OURS), None),
    ((302, {"Location": "http://127.0.0.1:1/"}), None),
    ((401, {**OURS, "WWW-Authenticate": 'Bearer realm="http://elsewhere.invalid/token",service="x"'}), None),
    ((401, {**OURS, "WWW-Authenticate": 'Basic realm="x"'}), None),
])  # fmt: skip
def test_only_a_registrys_own_word_counts(
    server: Server, answer: tuple[int, dict[str, str]], known: bool | None
) -> None:
    server.answers = {"web": answer}
    image = f"127.0.0.1:{server.server_port}/web:v1"
    assert container_registry.ask([image], 10) == {image: known}
    assert server.logins == [None]


@pytest.mark.network
def test_the_login_of_docker_is_shown_to_its_own_registry_only(
    server: Server, tmp_path: Path
) -> None:
    login = base64.b64encode(b"ana:secret").decode()
    host = f"127.0.0.1:{server.server_port}"
    (tmp_path / "config.json").write_text(
        json.dumps({"auths": {host: {"auth": login}}, "credsStore": "never-started"})
    )
    server.answers = {"web": (401, {**OURS, "WWW-Authenticate": 'Basic realm="x"'})}
    assert container_registry.ask([f"{host}/web:v1"], 10) == {f"{host}/web:v1": True}
    assert server.logins == [None, f"Basic {login}"]
    assert container_registry._login("other.example.com") is None
