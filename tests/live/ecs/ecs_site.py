"""A project that deploys to ECS: its settings, and the real scripts run against the emulator."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from cloud import Cluster, environment

SCRIPTS = Path(__file__).parents[3] / "scripts"


class Site:
    """`environment` is what each script gets; `endpoint` may be a proxy before the emulator."""

    def __init__(self, root: Path, cluster: Cluster, *services: str) -> None:
        self.root, self.cluster, self.project = root, cluster, root / "project"
        self.project.mkdir(parents=True)
        self.environment = environment(root)
        self.endpoint(cluster.cloud.url)
        self.git("init", "-q", "-b", "main")
        self.settings(cluster=cluster.name, services=list(services))

    def endpoint(self, url: str) -> None:
        self.environment["AWS_ENDPOINT_URL"] = url

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

    def settings(self, **facts: Any) -> None:
        """Committed: the standing decision of a person that this environment may run unattended."""
        every = {"protected": False, "unattended": True, "platform": "ecs", "ecs": facts}
        file = self.project / ".claude" / "deployment-rollback.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"environments": {"staging": every}}))
        self.git("add", ".claude")
        self.git("commit", "-q", "--allow-empty", "-m", "settings")

    def start(self, name: str, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(SCRIPTS / f"{name}.py"), *words, "--json"],
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

    def restore(self, plan: Any, check: int | None = 7) -> Any:
        return self.script("restore", *self.approved(plan), check=check)

    def journal(self, plan: Any) -> list[str]:
        try:
            return (Path(plan["run"]) / "journal.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return []

    def written(self) -> str:
        """Everything below the home folder and the project."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)


def findings(plan: Any) -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["level"], row["message"]) for row in plan["findings"]}


def of_run(run: str) -> list[int]:
    """Processes with a run folder as working directory: the script and its commands."""
    known = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(process / "cwd") == run:
                known.append(int(process.name))
    return known


def kill_all(process: subprocess.Popen[str], run: str) -> None:
    for victim in [process.pid, *of_run(run)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    process.communicate()
    end = time.monotonic() + 5
    while (rest := of_run(run)) and time.monotonic() < end:  # started between look and kill
        for victim in rest:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
