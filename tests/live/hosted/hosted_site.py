"""A project on a hosted platform: its settings, and the real scripts run against a loopback server."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.live.project_site import ProjectSite

BED = Path(__file__).parents[1] / "beds" / "hosted.sh"
FOREIGN = ("CLAUDE", "XDG_", "GIT_", "HEROKU_", "NETLIFY_", "VERCEL_")
# curl as it is, with shorter limits; `curl.log` shows what a process list would
CURL = """\
#!/bin/sh
printf '%s\\n' "$*" >>"{log}"
limit() {{ for word; do [ "$word" != 25 ] || word=1; printf '%s\\0' "$word"; done; }}
exec 3<&0
limit "$@" | xargs -0 sh -c 'exec {curl} "$@" <&3' sh
"""


class Site(ProjectSite):
    """`facts` are the settings of the platform. Tokens come from the environment of each script."""

    def __init__(self, root: Path, platform: str, health: str, **facts: Any) -> None:
        if shutil.which("curl") is None:
            pytest.skip("curl is missing")
        self.root, self.project = root, root / "project"
        self.project.mkdir()
        bin = root / "bin"
        bin.mkdir()
        self.curl_log = root / "curl.log"
        real = subprocess.run(
            ["sh", "-c", "command -v curl"], capture_output=True, text=True, check=True
        ).stdout.strip()
        (bin / "curl").write_text(CURL.format(log=self.curl_log, curl=real))
        (bin / "curl").chmod(0o755)
        self.environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(FOREIGN) and not key.lower().endswith("_proxy")
        } | {"HOME": str(root), "PATH": f"{bin}:{os.environ['PATH']}"}
        self.git("init", "-q", "-b", "main")
        checks = {"health": [{"url": health, "version_key": "version", "attempts": 1}]}
        self.commit_settings({"platform": platform, platform: facts, **checks})

    def bash(self, script: Path, *words: str) -> str:
        """A script of a run folder, started by hand."""
        command = ["bash", str(script), *words]
        return subprocess.run(
            command, capture_output=True, text=True, check=True, env=self.environment
        ).stdout

    def written(self) -> str:
        """Everything below the project and the home folder, and what curl was called with."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)


def bed(name: str) -> Path:
    """Return the program of a vendor's client, which may not be installed."""
    words = ["bash", str(BED), "path", name]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())
