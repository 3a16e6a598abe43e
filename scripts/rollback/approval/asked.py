"""The question as it is asked: its text from the run folder, the reason, and the health now.

Standard library only. Neither reason nor health is part of the digest: both are newer than it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rollback.text import clean

HEALTH = "health before the rollback: "
_FEW = 3


def text(question: str, run: Path, reason: str) -> str:
    """Return the question with what is known only now, each beside what it belongs to."""
    head, *rows = question.splitlines()
    shown = [head, *([f"reason: {clean(reason, 200)}"] if reason else [])]
    for row in rows:
        shown.append(row)
        if row.startswith(HEALTH) and (now := health(run)):
            shown.append(f"health after it: {now}")
    return "\n".join(shown)


def health(run: Path) -> str:
    """Return the verdict of the run's last checks and its cause, "" if none are on file."""
    try:
        report = json.loads((run / "health.json").read_bytes())
        return clean(_described(report), 300)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""


def _described(report: dict[str, Any]) -> str:
    latest = [check for check in report["checks"] if check["phase"] != "before"]
    bad = [check for check in latest if check["verdict"] != "healthy"]
    rows = [f"{check['name']} {check['detail'] or check['verdict']}" for check in bad or latest]
    details = f" - {'; '.join(rows[:_FEW])}" if rows else ""
    more = f"; and {len(rows) - _FEW} more" if len(rows) > _FEW else ""
    return f"{report['verdict']}{details}{more}"
