"""What the hook reads of a run folder: facts of its plan and its questions, from the bytes that its digest covers. Standard library only."""

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
    questions: dict[str, str]  # by verb; empty: this run cannot go that way

    @property
    def started(self) -> bool:
        try:
            return (self.path / "journal.jsonl").stat().st_size > 0
        except OSError:
            return False

    @property
    def expired(self) -> bool:
        """A run that was started does not expire. Also true when the plan is from the future."""
        if self.started:
            return False
        return not (self.created_at <= _utc(60) and _utc(0) <= self.expires_at)


def read(path: Path) -> RunFolder:
    """Raises ApprovalNeeded (run-incomplete, run-tampered), ValueError and KeyError for a damaged plan."""
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
    """Times of this form compare as text."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + later))
