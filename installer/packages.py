"""Unpack the third-party packages beside the scripts, in .deps/<X.Y>.

The folder can be moved, and no Python installation is changed.
"""

from __future__ import annotations

import compileall
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from installer.stop import Stop

IMPORTS = ("click", "filelock", "httpx", "jinja2", "msgspec", "yaml")
STAMP = ".requirements"  # the requirements that a folder was made from
WHEELS_ONLY = ("--only-binary", ":all:")  # an incident tool is no place for a compiler


def version() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def folder(skill: Path) -> Path:
    return skill / ".deps" / version()


def made_from(deps: Path, requirements: Path) -> bool:
    stamp = deps / STAMP
    return stamp.is_file() and stamp.read_bytes() == requirements.read_bytes()


def fresh(deps: Path, requirements: Path) -> bool:
    """Whether the packages match the requirements and this Python can import each of them."""
    look = f"import sys; sys.path.insert(0, sys.argv[1]); import {', '.join(IMPORTS)}"
    return (
        made_from(deps, requirements)
        and subprocess.run(
            [sys.executable, "-ISB", "-c", look, deps], capture_output=True
        ).returncode
        == 0
    )


def unpack(requirements: Path, into: Path, wheelhouse: Path | None) -> str:
    """Unpack the packages into the new folder `into`; return the tool that did it.

    Raises Stop (69); `into` is then absent.
    """
    source = ["--no-index", "--find-links", str(wheelhouse)] if wheelhouse else []
    reason = ""
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=into.parent) as draft:
        for name, install in _tools():
            target = Path(draft) / name
            done = _install([*install, *WHEELS_ONLY, *source], requirements, target)
            if done.returncode == 0 and fresh(target, requirements):
                compile_all(target)
                shutil.rmtree(into, ignore_errors=True)
                target.rename(into)
                return name
            reason = f"{name}: {_reason(done.stderr)}"
    raise _cannot(reason, wheelhouse)


def _install(
    words: list[str], requirements: Path, target: Path
) -> subprocess.CompletedProcess[str]:
    """Run an install command; on success stamp the folder with what it was made from."""
    done = subprocess.run(
        [*words, "--target", str(target), "-r", str(requirements)],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode == 0:
        shutil.copy(requirements, target / STAMP)
    return done


def compile_all(*folders: Path) -> None:
    """Compile now: the first start, in an incident, is then fast, also in a read-only folder."""
    for folder in folders:
        compileall.compile_dir(folder, quiet=2, workers=0)


def _tools() -> Iterator[tuple[str, list[str]]]:
    if uv := shutil.which("uv"):
        yield "uv", [uv, "pip", "install", "--quiet", "--python", sys.executable]
    if importlib.util.find_spec("pip"):
        quiet = [
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--no-compile",
            "--retries",
            "1",
            "--timeout",
            "15",
        ]
        yield "pip", [sys.executable, "-m", "pip", "install", *quiet]


def _environment() -> dict[str, str]:
    """Return our environment without settings that guard other Pythons (user site, venv)."""
    return {
        **os.environ,
        "PIP_USER": "0",
        "PIP_REQUIRE_VIRTUALENV": "0",
        "UV_HTTP_TIMEOUT": "15",
        "LC_ALL": "C.UTF-8",
    }


def _reason(stderr: str) -> str:
    """Return the reason: no connection, else the last line that names an error."""
    if re.search(r"connect(ion)?\b|resolve host|name resolution|dns error", stderr, re.I):
        return "no connection to the package index"
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [
        line for line in lines if line.startswith(("ERROR", "error", "×", "╰─▶"))
    ]  # the last two are uv's
    return ((errors or lines or ["no message"])[-1])[:200]


def _cannot(reason: str, wheelhouse: Path | None) -> Stop:
    if wheelhouse:
        download = "python3 -m pip download --only-binary :all: -r requirements.txt"
        again = f"{download} -d {shlex.quote(str(wheelhouse))}"
        return Stop(
            69,
            f"{wheelhouse} lacks packages for Python {version()} ({reason})",
            f"fill it with this Python: {again}",
        )
    if not reason:
        return Stop(
            69,
            "the packages cannot be unpacked: neither pip nor uv is installed",
            "install pip (Debian: apt-get install python3-pip) or uv",
        )
    return Stop(
        69,
        f"cannot install the packages ({reason})",
        "connect to the internet, or use --from: see in install.sh --help",
    )
