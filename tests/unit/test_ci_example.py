"""The pipeline of the references, its scripts run as they stand there: what the next job gets, and when there is nothing for it to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from records import ROOT
from shop import LAST, NOW, Shop, shop

__all__ = ["shop"]
pytestmark = pytest.mark.programs
JOBS: dict[str, Any] = yaml.safe_load(
    (ROOT / "references/ci-example.yml").read_text(encoding="utf-8")
)["jobs"]


@pytest.fixture
def runner(shop: Shop) -> Shop:
    """A checkout with the skill in it, and settings as committed."""
    shop.settings(unattended=True)
    text = (
        (shop.project / ".claude/deployment-rollback.yml")
        .read_text()
        .replace("staging", "production")
    )
    (shop.project / ".claude/deployment-rollback.yml").write_text(text)
    shop.git("commit", "-qam", "production")
    (shop.project / "tools").mkdir()
    (shop.project / "tools/deployment-rollback").symlink_to(ROOT)
    return shop


def script(job: str, part: str) -> str:
    return next(step["run"] for step in JOBS[job]["steps"] if part in step.get("run", ""))  # type: ignore[no-any-return]


def ran(shop: Shop, text: str, code: int = 0, **variables: str) -> dict[str, str]:
    """What bash makes of a step, as GitHub calls it: the outputs."""
    files = {
        "GITHUB_OUTPUT": str(shop.root / "output"),
        "GITHUB_STEP_SUMMARY": str(shop.root / "summary"),
    }
    environment = shop.environment(**files, **variables) | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    }
    done = subprocess.run(
        ["bash", "-e", "-c", text], cwd=shop.project, env=environment, capture_output=True
    )
    assert done.returncode == code, done.stderr.decode()
    return dict(line.split("=", 1) for line in (shop.root / "output").read_text().splitlines())


def test_what_one_job_plans_the_next_one_executes(runner: Shop) -> None:
    out = ran(runner, script("plan", "plan.py"), TARGET="previous", REASON="it answers 500")
    ran(runner, script("plan", "tar -czf"))
    subprocess.run(["rm", "-r", out["run"]], check=True)  # another machine
    ran(runner, script("execute", "tar -xzf"))
    unwatched = 11  # proven, but this shop has no health check
    ran(
        runner,
        script("execute", "execute.py"),
        unwatched,
        RUN=out["run"],
        DIGEST=out["digest"],
        REASON="it answers 500",
    )
    assert runner.live() == LAST
    ran(runner, script("execute", "summary.md"))
    assert "rolled-back" in (runner.root / "summary").read_text()


def test_where_the_release_serves_already_there_is_no_run(runner: Shop) -> None:
    assert ran(runner, script("plan", "plan.py"), TARGET=NOW, REASON="it answers 500") == {
        "run": "",
        "digest": "",
    }


def test_what_follows_is_skipped_without_a_run() -> None:
    assert JOBS["execute"]["if"] == "needs.plan.outputs.run"
    later = JOBS["plan"]["steps"][
        [step.get("id") for step in JOBS["plan"]["steps"]].index("plan") + 1 :
    ]
    assert [step.get("if") for step in later] == ["steps.plan.outputs.run"] * 2
