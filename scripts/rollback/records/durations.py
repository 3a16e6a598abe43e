"""How long earlier runs took, from the audit: from the script's start to the checked result."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from rollback import clock
from rollback.records import audit

MOST = 10  # runs: older ones tell little about today


def of_runs(project: Path, environment: str, level: str) -> list[int]:
    """Return the seconds of each run that rolled back and arrived, oldest first.

    A run that was resumed counts from its last start: nobody knows how long it lay.
    """
    planned: set[str] = set()
    began: dict[str, str] = {}
    seconds: list[int] = []
    for row in audit.rows(project, "plan", "start", "end"):
        run = str(row.get("run"))
        if row["event"] == "plan" and _is_of(row, environment, level):
            planned.add(run)
        elif run not in planned or row.get("verb") != "execute":
            continue
        elif row["event"] == "start":
            began[run] = str(row["at"])
        elif run in began and row.get("outcome") == "done":
            seconds.append(clock.seconds_between(began.pop(run), str(row["at"])))
    return seconds[-MOST:]


def typical(seconds: list[int]) -> int | None:
    """Return the median; None without any run."""
    return round(statistics.median(seconds)) if seconds else None


def _is_of(row: dict[str, Any], environment: str, level: str) -> bool:
    return row.get("environment") == environment and row.get("level", "app") == level
