"""A project with an application and its infrastructure, released together."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

from tests.live.folders.folders_site import Site

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
BED = CACHE / "deployment-rollback-beds" / "opentofu"
HEAD = """\
terraform {
  required_providers { bed = { source = "example.test/local/bed" } }
  backend "local" { path = "%s" }
}
"""


class TofuSite(Site):
    """`real` holds what the provider makes: files, whose contents are the objects."""

    def __init__(self, root: Path, program: str = "tofu") -> None:
        super().__init__(root)
        self.real, self.state = root / "real", root / "state" / "production.tfstate"
        self.real.mkdir()
        self.infra = self.project / "infra"
        self.infra.mkdir()
        tools = {"PATH": f"{BED}:{self.environment['PATH']}", "TF_CLI_CONFIG_FILE": f"{BED}/cli.rc"}
        self.environment |= tools | {"CHECKPOINT_DISABLE": "1"}
        self.program = program

    def file(self, name: str, content: str, kind: str = "file") -> str:
        """The description of one object."""
        return f'resource "bed_{kind}" "{name}" {{\n  path = "{self.real}/{name}"\n  content = "{content}"\n}}\n'

    def release(self, version: str, days_ago: float, more: str = "") -> str:
        """Describe, apply, commit and deploy a version."""
        self.describe(self.file("app", version) + more)
        self.tool("init", "-input=false")
        self.tool("apply", "-auto-approve", "-input=false")
        self.git("add", "infra/main.tf", "infra/.terraform.lock.hcl")
        self.git("commit", "-q", "-m", f"infrastructure of {version}")
        return self.build(version, days_ago)

    def add(self, *more: str) -> None:
        """Apply, commit and deploy v1.3.0, which is live then and has these objects, too."""
        self.link(self.release("v1.3.0", 1, more="".join(more)))

    def describe(self, text: str) -> None:
        (self.infra / "main.tf").write_text(HEAD % self.state + text)

    def tool(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            [self.program, f"-chdir={self.infra}", *words],
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def objects(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in sorted(self.real.iterdir())}

    def live(self) -> str:
        return (self.files / "current" / "release.json").read_text()

    def next(self, facts: Any, check: int | None = 0) -> Any:
        """Run the command of a next: line."""
        words = shlex.split(facts["next"])[1:]
        assert words[0].endswith("/plan.py"), words
        return self.script("plan", *words[1:], check=check)

    def serial(self) -> int:
        return int(json.loads(self.state.read_text())["serial"])

    def texts(self, plan: Any) -> str:
        """Everything that a run wrote, but what state/ holds."""
        run = Path(plan["run"])
        return "".join(path.read_text() for path in run.iterdir() if path.is_file())

    def codes(self, plan: Any, level: str = "blocker") -> list[str]:
        return [row["code"] for row in plan["findings"] if row["level"] == level]
