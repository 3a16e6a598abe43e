"""Read a run folder for the hook: its plan and questions, from the bytes of its digest.

Standard library only.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import NamedTuple

from rollback.approval import approvals


class RunFolder(NamedTuple):
    path: Path
    digest: str
    verdict: str
    environment: str
    protected: bool
    created_at: str  # ISO 8601 in UTC
    expires_at: str
    questions: dict[str, str]  # by verb; empty: this run has no such direction

    @property
    def started(self) -> bool:
        try:
            return (self.path / "journal.jsonl").stat().st_size > 0
        except OSError:
            return False

    @property
    def reason(self) -> str:
        """Return why the plan was made; "" without a reason."""
        try:
            return (self.path / "reason.txt").read_bytes()[:200].decode(errors="replace")
        except OSError:
            return ""

    @property
    def expired(self) -> bool:
        """Whether the plan is expired or dated in the future; a started run does not expire."""
        if self.started:
            return False
        return not (self.created_at <= _utc(60) and _utc(0) <= self.expires_at)


def read(path: Path) -> RunFolder:
    """Read the folder. Raises ApprovalNeeded (run-incomplete, run-tampered).

    ValueError and KeyError mean a damaged plan.
    """
    files = approvals.contents(path)
    plan = json.loads(files["plan.json"].decode())
    if not isinstance(plan, dict) or not isinstance(plan["protected"], bool):
        raise ValueError("plan.json is not a plan")
    verdict, environment, created, expires = (
        str(plan[name]) for name in ("verdict", "environment", "created_at", "expires_at")
    )
    questions = {verb: approvals.question(files, verb) for verb in approvals.QUESTIONS}
    digest = approvals.digest_of(files)
    return RunFolder(
        path, digest, verdict, environment, plan["protected"], created, expires, questions
    )


def _utc(later: int) -> str:
    """Return the time in `later` seconds; times of this form compare as text."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + later))
