"""A history in lines: newest first, at most about 900 characters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rollback import clock
from rollback.flow import labels
from rollback.text import clean

LIMIT = 10  # releases


def history_lines(facts: dict[str, Any]) -> Iterator[str]:
    age = facts["cached_seconds"]
    old = f"read {age} s ago, " if age else ""
    yield f"history: {facts['environment']} on {facts['platform']} ({old}times in UTC)"
    rows = facts["releases"]
    several = labels.several(rows)
    yield from (_row(row, several) for row in rows[:LIMIT])
    if len(rows) > LIMIT:
        yield f"  and {len(rows) - LIMIT} older (--json lists them)"


def _row(row: dict[str, Any], several: bool) -> str:
    """Return a row; it names its app only if there are several targets."""
    app = labels.app(row["app"], row["component"] if several else "") + " " if "app" in row else ""
    version = f" {clean(row['version'], 30)}" if row["version"] not in (None, row["id"]) else ""
    commit = f" {row['commit'][:10]}" if row["commit"] else ""
    return f"  {app}{clean(row['id'], 40)}{version}  {row['status']}  {_when(row)}{commit}"


def _when(row: dict[str, Any]) -> str:
    """Return the deploy time, else the time of commit or build."""
    if row["deployed_at"]:
        return clock.minute(row["deployed_at"])
    return f"made {clock.minute(row['made_at'])}" if row.get("made_at") else "no date"
