"""A shop in release folders with three releases, planned by the real planner: what executing and restoring are tried on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollback.approval import approvals
from rollback.errors import RollbackError
from rollback.flow import execute, plan
from rollback.model import Outcome, Plan
from rollback.records import run as runs

SCRIPTS = Path(approvals.__file__).parents[2]
OLD, LAST, NOW = "20260101000000", "20260102000000", "20260103000000"


class Shop:
    def __init__(self, root: Path) -> None:
        self.root, self.project, self.home = root, root / "shop", root / "home"
        self.home.mkdir()
        for name in (OLD, LAST, NOW):
            (self.project / "releases" / name).mkdir(parents=True)
            (self.project / "releases" / name / "REVISION").write_text(f"{name}\n")
        (self.project / "current").symlink_to(f"releases/{NOW}")
        lines = [
            f"Branch main (at {name}) deployed as release {name} by ana\n"
            for name in (OLD, LAST, NOW)
        ]
        (self.project / "revisions.log").write_text("".join(lines))
        self.told: list[str] = []
        self.run, self.reason = self.project, "a test"

    def git(self, *words: str) -> None:
        who = ("-c", "user.name=ana", "-c", "user.email=ana@example.org")
        subprocess.run(["git", *who, *words], cwd=self.project, check=True, capture_output=True)

    def settings(self, commit: bool = True, **facts: Any) -> None:
        file = self.project / ".claude" / "deployment-rollback.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(
            json.dumps({"environments": {"staging": {"platform": "release-folders", **facts}}})
        )
        if commit:
            self.git("init", "-q")
            self.git("add", "-f", str(file))
            self.git("commit", "-qm", "settings")

    def plan(self, environment: str = "staging", **how: Any) -> Plan:
        planned = plan.make(plan.Request(self.project, environment, reason=self.reason, **how))
        assert planned.run is not None, planned.plan.findings
        self.run = planned.run
        return planned.plan

    def digest(self) -> str:
        return approvals.digest(self.run)

    def execute(self, verb: str = "execute", approved: bool = True, **how: Any) -> Outcome:
        nonce = approvals.mint(self.project, self.digest(), verb) if approved else None
        return execute.run(
            execute.Request(self.project, verb, str(self.run), nonce, **how), self.told.append
        )  # type: ignore[arg-type]

    def refused(self, kind: type[RollbackError], code: str, **how: Any) -> RollbackError:
        """Executing raises this, with a fix, and nothing has changed."""
        with pytest.raises(kind) as error:
            self.execute(**how)
        assert error.value.code == code and error.value.fix and self.untouched()
        return error.value

    def live(self) -> str:
        return os.readlink(self.project / "current").rpartition("/")[2]

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), **more}

    def argv(self, verb: str = "execute", *words: str) -> list[str]:
        return [sys.executable, str(SCRIPTS / f"{verb}.py"), str(self.run), *words]

    def audit(self) -> list[dict[str, Any]]:
        return [
            json.loads(line)
            for line in (self.project / ".claude/deployment-rollback/audit.jsonl")
            .read_text()
            .splitlines()
        ]

    def ledger(self) -> list[tuple[str, str]]:
        path = self.project / ".claude/deployment-rollback/ledger.jsonl"
        return (
            [
                (row["release"], row["verdict"])
                for row in map(json.loads, path.read_text().splitlines())
            ]
            if path.exists()
            else []
        )

    def untouched(self) -> bool:
        return self.live() == NOW and not runs.started(self.run)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    made = Shop(tmp_path)
    monkeypatch.setenv("HOME", str(made.home))
    for name in ("XDG_STATE_HOME", "CLAUDECODE", "CLAUDE_CODE_SESSION_ID"):
        monkeypatch.delenv(name, raising=False)
    yield made
