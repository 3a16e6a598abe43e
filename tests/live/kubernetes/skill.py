"""A project that deploys to the cluster, and the real scripts run in it as a pipeline would."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from cluster import Cluster

SCRIPTS = Path(__file__).parents[3] / "scripts"
_GIT = ("-c", "user.name=Ana", "-c", "user.email=ana@example.invalid", "-c", "commit.gpgsign=false")


class Answer:
    """What a script printed with --json, and its exit code."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.exit, self.stderr, self.text = done.returncode, done.stderr, done.stdout
        self.json: Any = json.loads(done.stdout) if done.stdout.startswith("{") else None

    def __getitem__(self, key: str) -> Any:
        assert self.json is not None and key in self.json, (
            f"exit {self.exit}: {self.text}{self.stderr}"
        )
        return self.json[key]

    @property
    def codes(self) -> list[str]:
        return [finding["code"] for finding in self["findings"]]

    @property
    def error(self) -> str:
        return self["error"]["code"]  # type: ignore[no-any-return]


class Project:
    """Committed settings allow unattended runs of the unprotected environment `staging`."""

    def __init__(self, root: Path, cluster: Cluster, **settings: Any) -> None:
        self.root, self.environment = (
            root,
            {**cluster.environment, "XDG_STATE_HOME": str(root.parent / "state")},
        )
        for name in ("CLAUDECODE", "CLAUDE_CODE_SESSION_ID"):
            self.environment.pop(name, None)
        (root / "k8s").mkdir(parents=True)
        (root / "k8s/web.yaml").write_text(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n"
        )
        self.configure(**settings)

    def configure(self, **settings: Any) -> None:
        file = self.root / ".claude/deployment-rollback.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(
            yaml.safe_dump(
                {
                    "environments": {
                        "staging": {
                            "unattended": True,
                            "platform": "kubernetes",
                            "settle": 3,
                            **settings,
                        }
                    }
                }
            )
        )
        for words in (
            ("init", "-q"),
            ("add", "-A"),
            ("commit", "-q", "--allow-empty", "-m", "settings"),
        ):
            subprocess.run(["git", *_GIT, *words], cwd=self.root, check=True, capture_output=True)

    def run(self, script: str, *args: str) -> Answer:
        words = [sys.executable, SCRIPTS / f"{script}.py", *args, "--json"]
        return Answer(
            subprocess.run(
                words,
                cwd=self.root,
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=300,
            )
        )

    def start(self, verb: str, plan: Answer) -> subprocess.Popen[str]:
        """The script beside the test, in a session of its own."""
        words = [
            sys.executable,
            SCRIPTS / f"{verb}.py",
            plan["run"],
            "--digest",
            plan["digest"],
            "--reason",
            "live test",
            "--json",
        ]
        return subprocess.Popen(
            words,
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def plan(self, wanted: str = "previous", *args: str) -> Answer:
        return self.run("plan", "staging", wanted, *args)

    def execute(self, plan: Answer, *args: str) -> Answer:
        return self.run(
            "execute", plan["run"], "--digest", plan["digest"], "--reason", "live test", *args
        )

    def restore(self, plan: Answer) -> Answer:
        return self.run("restore", plan["run"], "--digest", plan["digest"], "--reason", "live test")
