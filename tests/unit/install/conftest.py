"""A copy of the project, a new home, a python3 of our making: what the tests of install.sh start from."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import wheelhouse

from installer import packages, tree
from installer.actions import ROOT, version

SKILL = Path(".claude/skills/deployment-rollback")
OFFLINE = {
    "PIP_INDEX_URL": "http://127.0.0.1:9/",
    "UV_INDEX_URL": "http://127.0.0.1:9/",
    "PIP_FIND_LINKS": "",
}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    return wheelhouse.make(tmp_path_factory.mktemp("wheels") / "house", ROOT / "requirements.txt")


@pytest.fixture(scope="module")
def unpacked(wheels, tmp_path_factory):
    """The packages, unpacked once, for tests that are about something else."""
    into = tmp_path_factory.mktemp("packages") / "unpacked"
    packages.unpack(ROOT / "requirements.txt", into, wheels)
    return into


@pytest.fixture
def clone(tmp_path):
    """What somebody has after `git clone`, as far as it gets installed."""
    tree.copy(ROOT, tmp_path / "clone", version())
    (tmp_path / "clone" / tree.MANIFEST).unlink()
    return tmp_path / "clone"


@pytest.fixture
def ready(clone, unpacked):
    """A clone that was used before: its packages are there."""
    shutil.copytree(unpacked, packages.folder(clone))
    return clone


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home" / ".claude").mkdir(parents=True)
    (tmp_path / "home" / ".claude" / "settings.json").write_text('{"mine": 1}')
    return tmp_path / "home"


@pytest.fixture
def python(tmp_path):
    """Puts a python3 of our making first in PATH: a shell script that gets the words of the call."""

    def put(body: str = f'exec {shlex.quote(sys.executable)} "$@"') -> None:
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / "python3").write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / "bin" / "python3").chmod(0o755)

    put()
    return put


@pytest.fixture
def run(tmp_path, home, python):
    def run(
        *words: object, cwd: Path = Path("/"), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        clean = {
            "HOME": str(home),
            "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
            "TMPDIR": str(tmp_path),
            **OFFLINE,
            **environment,
        }
        return subprocess.run(
            list(map(str, words)),
            cwd=cwd,
            env=clean,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    return run


@pytest.fixture
def installed(run, ready, home):
    """An installed skill; the clone, without packages, lies elsewhere."""
    done = run("bash", ready / "install.sh")
    assert done.returncode == 0, done.stderr
    shutil.rmtree(ready / ".deps")
    return home / SKILL
