"""A Docker engine of the tests' own, with the Compose binaries beside it: how programs reach it, and nothing else of the account."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

BEDS = Path(__file__).parent


class Engine:
    """`environment` is what every program of a test gets."""

    def __init__(self, root: Path) -> None:
        self.root = root
        home = root / "home"
        home.mkdir(exist_ok=True)
        foreign = ("DOCKER", "COMPOSE", "CLAUDE", "XDG_", "GIT_")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
        socket = f"unix://{root}/d/docker.sock"
        self.environment = {
            **kept,
            "HOME": str(home),
            "DOCKER_HOST": socket,
            "DOCKER_CONFIG": str(root / "cfg"),
        }

    def run(
        self, *words: str, cwd: Path | None = None, check: bool = True, **variables: str
    ) -> str:
        """Standard output; with `check` a failure is an assertion that shows what was printed."""
        environment = {**self.environment, **variables}
        done = subprocess.run(
            words,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def load(self, name: str, version: str, status: str = "200", *options: str) -> None:
        """Make a small image (see image.py) known to this engine."""
        words = [sys.executable, str(BEDS / "image.py"), name, version, status, *options]
        archive = subprocess.run(words, capture_output=True, check=True).stdout
        subprocess.run(
            ["docker", "load", "-q"],
            input=archive,
            env=self.environment,
            capture_output=True,
            check=True,
        )


@contextlib.contextmanager
def started(addresses: str) -> Iterator[Engine]:
    """An engine with networks from `addresses` (one /16 for each lane). Skips where the machine lacks a tool."""
    for tool in ("dockerd", "docker", "busybox"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (Debian: docker.io, busybox-static)")
    if os.geteuid():
        pytest.skip("a private dockerd needs root")
    root = Path(
        tempfile.mkdtemp(prefix="dr-", dir="/tmp")
    )  # short: a socket's path may have 107 characters
    try:
        bed("dockerd.sh", "start", str(root / "d"), addresses)
        yield Engine(root)
    finally:
        bed("dockerd.sh", "stop", str(root / "d"))
        shutil.rmtree(root, ignore_errors=True)


def bed(script: str, *words: str) -> None:
    """Run one of the starters; what it cannot do skips the test with its reason."""
    command = ["bash", str(BEDS / script), *words]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"{script} {words[0]} failed: {done.stderr.strip()[-300:]}")


def plugin(engine: Engine, suite: str = "trixie") -> None:
    """Compose v2 for this engine's clients, unpacked once for all lanes into the cache folder outside the repository."""
    cache = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        / "deployment-rollback-beds"
    )
    bed("compose_plugin.sh", suite, str(cache / f"compose-{suite}"))
    (engine.root / "cfg").mkdir(exist_ok=True)
    (engine.root / "cfg" / "cli-plugins").symlink_to(cache / f"compose-{suite}" / "cli-plugins")
