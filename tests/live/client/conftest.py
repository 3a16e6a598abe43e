"""The lane's bed: the real client, offline, with the skill installed in a private HOME, and a project with three releases."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import world as worlds


def pytest_sessionstart(session: pytest.Session) -> None:
    """As root this process leaves the network (only loopback is left for the client, whatever it would like) and keeps its mounts to itself."""
    if (
        os.geteuid() == 0
        and shutil.which("ip")
        and ctypes.CDLL(None).unshare(0x40000000 | 0x00020000) == 0
    ):  # CLONE_NEWNET, CLONE_NEWNS
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return worlds.installed(tmp_path_factory.mktemp("skill"))


@pytest.fixture
def world(tmp_path: Path, installed: Path) -> worlds.World:
    return worlds.make(tmp_path, installed)


@pytest.fixture(params=["current", "older"])
def either(request: pytest.FixtureRequest, tmp_path: Path, installed: Path) -> worlds.World:
    """The same on both versions of the client."""
    return worlds.make(tmp_path, installed, request.param)
