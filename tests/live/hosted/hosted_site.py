"""A project on a hosted platform: its settings, and the real scripts run against a loopback server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"
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


class Site:
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
        self.settings({"platform": platform, platform: facts, **checks})

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=Dora", "-c", "user.email=dora@example.org")
        return subprocess.run(
            ["git", *who, *words],
            cwd=self.project,
            check=True,
            capture_output=True,
            text=True,
            env=self.environment,
        ).stdout.strip()

    def settings(self, facts: dict[str, Any]) -> None:
        """Committed: the standing decision of a person that this environment may run unattended."""
        every = {"protected": False, "unattended": True, **facts}
        file = self.project / ".claude" / "deployment-rollback.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"environments": {"staging": every}}))
        self.git("add", ".claude")
        self.git("commit", "-q", "--allow-empty", "-m", "settings")

    def start(self, name: str, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(SCRIPTS / f"{name}.py"), *words, "--json"]
        return subprocess.Popen(
            command,
            cwd=self.project,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def script(self, name: str, *words: str, check: int | None = 0) -> Any:
        """One of the product's scripts: its one JSON document, its exit code as `exit`, the rest as `talk`."""
        process = self.start(name, *words)
        document, talk = process.communicate(timeout=300)
        assert check is None or process.returncode == check, (
            f"{name} exited {process.returncode}: {document}\n{talk}"
        )
        return {**json.loads(document), "exit": process.returncode, "talk": talk}

    def plan(self, *words: str, check: int | None = 0) -> Any:
        return self.script("plan", "staging", *words, check=check)

    def approved(self, plan: Any) -> tuple[str, ...]:
        return (plan["run"], "--digest", plan["digest"], "--reason", "a test")

    def execute(self, plan: Any, check: int | None = 0) -> Any:
        return self.script("execute", *self.approved(plan), check=check)

    def restore(self, plan: Any, check: int | None = 0) -> Any:
        return self.script("restore", *self.approved(plan), check=check)

    def bash(self, script: Path, *words: str) -> str:
        """A script of a run folder, started by hand."""
        command = ["bash", str(script), *words]
        return subprocess.run(
            command, capture_output=True, text=True, check=True, env=self.environment
        ).stdout

    def journal(self, plan: Any) -> list[str]:
        try:
            return (Path(plan["run"]) / "journal.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return []

    def written(self) -> str:
        """Everything below the project and the home folder, and what curl was called with."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)


def bed(name: str) -> Path:
    """Return the program of a vendor's client, which may not be installed."""
    words = ["bash", str(BED), "path", name]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())
