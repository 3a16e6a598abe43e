"""A project with settings, and the real scripts run in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parents[2] / "scripts"


class ProjectSite:
    """`environment` is what each script gets, and git."""

    project: Path
    environment: dict[str, str]

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

    def commit_settings(self, facts: dict[str, Any]) -> None:
        """Committed: the standing decision of a person that `staging` may run unattended."""
        every = {"protected": False, "unattended": True, "settle": 2, **facts}
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

    def restore(self, plan: Any, check: int | None = 0) -> Any:
        return self.script("restore", *self.approved(plan), check=check)

    def journal(self, plan: Any) -> list[str]:
        try:
            return (Path(plan["run"]) / "journal.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return []
