"""Projects in release folders, deployed on this machine by the real Capistrano, by Deployer, or by a script of their own.

A project deploys into $SITE (which holds releases/ and current) from the bare repository $REPO. What serves is asked
over HTTP: every request runs `./health` of the release that `current` points to, as PHP or CGI would; it prints the
version, and fails where the release is broken. Deployer itself cannot be installed from any package here: unless a real
`dep` is on PATH, deployer_imitation.sh stands in for it (same files, same order, written after its recipes).
"""

from __future__ import annotations

import http.server
import os
import shutil
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.live.projects.project import Project, clean_environment

IMITATION = Path(__file__).with_name("deployer_imitation.sh")
REAL = shutil.which("dep")


@contextmanager
def started() -> Iterator[dict[str, str]]:
    """The environment of whoever deploys."""
    if not shutil.which("cap"):
        pytest.skip("capistrano is not installed")
    yield {**clean_environment(), "LANG": "C.UTF-8"}


class FoldersProject(Project):
    """One host, which is this machine."""

    SETTINGS: Mapping[str, Any] = {"settle": 2}

    def __init__(self, name: str, root: Path, environment: dict[str, str]) -> None:
        self.site, tools = root / "site", root / "bin"
        places = {"SITE": str(self.site), "REPO": str(root / "repo.git"), "HOME": str(root)}
        super().__init__(
            name, root / name, {**environment, **places, "PATH": f"{tools}:{environment['PATH']}"}
        )
        self.site.mkdir()
        tools.mkdir()
        (tools / "dep").symlink_to(REAL or IMITATION)
        self.run("git init -q --bare $REPO && git init -q -b main && git remote add origin $REPO")
        self.server = _serve(self.site / "current", self.port)

    def serving(self, names: Iterable[str]) -> dict[str, str]:
        return dict.fromkeys(names, self._answer())

    def identities(self, names: Iterable[str]) -> dict[str, str]:
        """Paths in the site."""
        found = {name: (self.site / name).lstat() for name in names}
        return {name: f"{file.st_ino} {file.st_mtime_ns}" for name, file in found.items()}

    def printed(self, service: str, command: str) -> str:
        return self.run(f"cd $SITE && {command}", check=False).stdout.strip()

    def remove(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _answer(self) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=10) as reply:
                return str(reply.read().decode())
        except urllib.error.HTTPError:
            return "broken"


def project(name: str, root: Path, environment: dict[str, str]) -> FoldersProject:
    return FoldersProject(name, root, environment)


def _serve(current: Path, port: int) -> http.server.ThreadingHTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            """Nothing."""

        def do_GET(self) -> None:
            release = os.path.realpath(current)
            done = subprocess.run(["sh", "./health"], cwd=release, capture_output=True, check=False)
            self.send_response(200 if done.returncode == 0 else 500)
            self.end_headers()
            self.wfile.write(done.stdout.strip())

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
