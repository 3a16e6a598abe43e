"""A site in release folders, deployed as Capistrano or Deployer do it, served by a real HTTP server, rolled back by the real scripts."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tests.live.run_processes import kill_run, of_run

SCRIPTS = Path(__file__).parents[3] / "scripts"
# what it was started as is what it serves, as with every server that keeps its code in memory
SERVER = """\
import http.server, json, sys
facts = json.load(open("release.json"))
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words): pass
    def do_GET(self):
        self.send_response(500 if facts["broken"] else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"version": facts["version"]}).encode())
http.server.ThreadingHTTPServer.allow_reuse_address = True
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
RESTART = """\
#!/bin/sh
# restart PIDFILE PORT: in the release that serves now
if [ -f "$1" ] && kill "$(cat "$1")" 2>/dev/null; then
  looks=0 # the port is free when it has gone
  while kill -0 "$(cat "$1")" 2>/dev/null && [ "$looks" -lt 100 ]; do sleep 0.05 && looks=$((looks + 1)); done
fi
python3 server.py "$2" >/dev/null 2>&1 </dev/null &
echo $! >"$1"
"""


class Site:
    """The project with its settings, and the folders of one host; `seen` is the path under which that host knows them."""

    def __init__(self, root: Path, files: Path | None = None, seen: Path | None = None) -> None:
        self.project, self.files = root / "project", files or root / "srv" / "shop"
        self.seen = seen or self.files
        self.files.mkdir(parents=True, exist_ok=True)
        self.environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("CLAUDE", "XDG_", "GIT_"))
        } | {"HOME": str(root)}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        if not (self.project / ".git").exists():
            self.project.mkdir(exist_ok=True)
            self.git("init", "-q", "-b", "main")

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

    def settings(self, hosts: tuple[str, ...] = (), health: bool = True, **more: Any) -> None:
        """Committed: the standing decision of a person that this environment may run unattended."""
        url = f"http://127.0.0.1:{self.port}/health"
        checks = (
            {"health": [{"url": url, "version_key": "version", "timeout": 10, "attempts": 1}]}
            if health
            else {}
        )
        restart = (
            {"restart": ["sh", "./restart", str(self.seen / "server.pid"), str(self.port)]}
            if health
            else {}
        )
        facts = {
            "platform": "release-folders",
            "protected": False,
            "unattended": True,
            "settle": 1,
            "path": str(self.seen),
            "hosts": list(hosts),
        }
        file = self.project / ".claude" / "deployment-rollback.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(
            json.dumps({"environments": {"staging": {**facts, **restart, **checks, **more}}})
        )
        self.git("add", ".claude")
        self.git("commit", "-q", "--allow-empty", "-m", "settings")

    def build(
        self,
        version: str,
        days_ago: float,
        broken: bool = False,
        finished: bool = True,
        name: str | None = None,
    ) -> str:
        """One deploy up to, but without, the switch of the link: a tagged commit, a folder with REVISION, a line in the log."""
        if not self.git("tag", "--list", version):
            self.git("commit", "-q", "--allow-empty", "-m", f"release {version}")
            self.git("tag", version)
        name = name or (datetime.now(timezone.utc) - timedelta(days=days_ago)).strftime(
            "%Y%m%d%H%M%S"
        )
        folder = self.files / "releases" / name
        folder.mkdir(parents=True)
        (folder / "release.json").write_text(json.dumps({"version": version, "broken": broken}))
        (folder / "server.py").write_text(SERVER)
        (folder / "restart").write_text(RESTART)
        if finished:
            commit = self.git("rev-parse", f"{version}^{{commit}}")
            (folder / "REVISION").write_text(f"{commit}\n")
            with (self.files / "revisions.log").open("a") as log:
                log.write(f"Branch main (at {commit[:7]}) deployed as release {name} by dora\n")
        return name

    def link(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self.files / "current").unlink()
        (self.files / "current").symlink_to(self.seen / "releases" / name)

    def serve(self) -> None:
        """Start what `current` points to, as the deploy would have; returns when it answers."""
        words = ["sh", "./restart", str(self.files / "server.pid"), str(self.port)]
        subprocess.run(words, cwd=self.files / "current", check=True, env=self.environment)
        end = time.monotonic() + 30
        while self.answer()[0] == 0:
            assert time.monotonic() < end, "the server does not start"
            time.sleep(0.05)

    def answer(self) -> tuple[int, str]:
        """Status and version of the health path; (0, "") when nobody answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/health", timeout=10
            ) as reply:
                return reply.status, json.load(reply)["version"]
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)["version"]
        except OSError:
            return 0, ""

    def current(self) -> str:
        return os.readlink(self.files / "current").rpartition("/")[2]

    def log(self) -> list[str]:
        """The lines about rollbacks: whom they name."""
        return [
            line.split()[-1]
            for line in (self.files / "revisions.log").read_text().splitlines()
            if "rolled back" in line
        ]

    def start(self, name: str, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(SCRIPTS / f"{name}.py"), *words, "--json"]
        return subprocess.Popen(command, cwd=self.project, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, start_new_session=True)  # fmt: skip

    def script(self, name: str, *words: str, check: int | None = 0) -> Any:
        """One of the product's scripts: its one JSON document, with `exit` and `talk` (stderr)."""
        process = self.start(name, *words)
        said, talk = process.communicate(timeout=300)
        assert check is None or process.returncode == check, (
            f"{name} exited {process.returncode}: {said}\n{talk}"
        )
        return {**json.loads(said), "exit": process.returncode, "talk": talk}

    def plan(self, *words: str, check: int | None = 0) -> Any:
        return self.script("plan", "staging", *words, check=check)

    def approved(self, plan: Any) -> tuple[str, ...]:
        return (plan["run"], "--digest", plan["digest"], "--reason", "a test")

    def execute(self, plan: Any, check: int | None = 0) -> Any:
        return self.script("execute", *self.approved(plan), check=check)

    def restore(self, plan: Any, check: int | None = 0) -> Any:
        return self.script("restore", *self.approved(plan), check=check)

    def journal(self, plan: Any) -> list[str]:
        try:
            return (Path(plan["run"]) / "journal.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return []

    def stop(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((self.files / "server.pid").read_text()), signal.SIGTERM)


def kill_at(site: Site, verb: str, plan: Any, lines: int) -> int:
    """Start the script and kill everything of it once the journal has so many new lines; return how many it had."""
    before = len(site.journal(plan))
    process = site.start(verb, *site.approved(plan))
    while len(site.journal(plan)) - before < lines or not (lines or of_run(plan["run"])):
        assert process.poll() is None or len(site.journal(plan)) - before >= lines, (
            process.communicate()
        )
        time.sleep(0.002)
    kill_run(process, plan["run"])
    return len(site.journal(plan)) - before
