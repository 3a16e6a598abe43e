"""What a rollback costs the model: the skill's text with its plan, the command, its result."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rollback.approval import approvals
from tests.bench import tokens
from tests.live.project_site import SCRIPTS, ProjectSite

LIMIT = 1200  # tokens (o200k), in two requests: the plan comes with the skill's text


def require_within_limit(site: ProjectSite) -> None:
    """Roll `staging` back as the skill does it, and count. Skips without the tokenizer."""
    plan = _text(site, "plan", "--args-stdin", typed="staging previous\n--whole\n")
    assert plan.startswith("plan: ready"), plan
    (command,) = re.findall(r"^next: (.*)", plan, re.M)
    assert command.startswith("python3 ") and "execute.py" in command
    run = command.split()[-1].strip("'\"")
    approval = ("--digest", approvals.digest(Path(run)), "--reason", "a test")
    result = _text(site, "execute", run, *approval)
    assert "rolled-back" in result, result
    skill = (SCRIPTS.parent / "SKILL.md").read_text().split("---\n", 2)[2]
    skill = re.sub(r"```!.*?```", lambda _: plan, skill, flags=re.S)
    try:
        counted = tokens.count([skill, command, result])
    except subprocess.CalledProcessError:
        pytest.skip("needs the tokenizer: bash tests/live/beds/client.sh install")
    assert sum(counted) <= LIMIT, (counted, plan, result)


def _text(site: ProjectSite, name: str, *words: str, typed: str = "") -> str:
    """Return what a script prints for a person or a model."""
    command = [sys.executable, str(SCRIPTS / f"{name}.py"), *words]
    done = subprocess.run(
        command,
        cwd=site.project,
        env=site.environment,
        input=typed,
        capture_output=True,
        text=True,
    )
    return done.stdout
