"""Start-up stays short: a step imports what it needs when it needs it, the gate nothing but the standard library."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
SLOW = {"jinja2", "httpx", "yaml", "filelock", "asyncio", "concurrent.futures", "urllib.request"}
pytestmark = pytest.mark.programs


def imported(words: list[str], project: Path) -> set[str]:
    """The modules that a script loads, as Python itself reports them."""
    words = [sys.executable, "-X", "importtime", *words]
    done = subprocess.run(
        words, cwd=project, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-500:]
    return {
        line.rsplit("|", 1)[1].strip()
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    }


@pytest.fixture
def project(tmp_path):
    (tmp_path / "Capfile").write_text('require "capistrano/deploy"\n')
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "deploy.rb").write_text('set :deploy_to, "/srv/shop"\n')
    return tmp_path


def test_a_cached_detect_imports_nothing_slow(project):
    detect = [str(SCRIPTS / "detect.py"), "--project", str(project), "--json"]
    first = imported(detect, project)
    second = imported(detect, project)
    assert not {name for name in second if name.split(".")[0] in SLOW or name in SLOW}
    assert not any(
        name.startswith(("rollback.platforms.", "rollback.migrations.")) for name in second
    ), "a cached answer needs no adapter"
    assert "click" in first, "the list of imports was read"


@pytest.mark.parametrize(
    "script", sorted(path.name for path in SCRIPTS.glob("[a-z]*.py") if path.name != "approve.py")
)
def test_help_imports_nothing_slow(script, project):
    assert not imported([str(SCRIPTS / script), "--help"], project) & {
        "jinja2",
        "httpx",
        "yaml",
        "filelock",
        "postgast",
    }


def test_the_gate_needs_the_standard_library_only(project):
    """It runs with any python3 on PATH, before and without the packages."""
    for module in ("approvals", "agent", "hook", "run_folder"):
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); import rollback.approval.{module}"],
            capture_output=True, text=True, env={"PATH": os.environ["PATH"]},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    hook = subprocess.run(
        [sys.executable, "-E", "-S", SCRIPTS / "approve.py"],
        cwd=project,
        input="{}",
        capture_output=True,
        text=True,
    )
    assert not re.search("ModuleNotFoundError|ImportError", hook.stderr), hook.stderr
