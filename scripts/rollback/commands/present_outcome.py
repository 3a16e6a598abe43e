"""The outcome of execute, restore or summary in lines; about 800 characters per app."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rollback.commands import lines
from rollback.commands.lines import FEW
from rollback.flow import labels
from rollback.flow.labels import few
from rollback.model import Check, HealthReport
from rollback.screen import BREAK
from rollback.text import clean


def outcome_lines(facts: dict[str, Any]) -> Iterator[str]:
    stays = facts["stays"] if facts["exit"] != 5 else ()  # then the failed step is what matters
    which = f": {', '.join(few(stays, FEW))}" if stays else ""
    yield f"{_ending(facts)} (exit {facts['exit']}){which}"
    yield from few(_targets(facts["targets"]), FEW)
    checks = tuple(Check(**row) for row in facts["health"]["checks"])
    yield lines.compared(HealthReport(facts["health"]["verdict"], checks))
    yield BREAK
    yield from few([f"open: {clean(item, 360)}" for item in facts["open"]], FEW)
    yield BREAK
    if facts["next"]:
        yield f"{_when(facts)}: {facts['next']}"


def _when(facts: dict[str, Any]) -> str:
    """A failed step fails again until its cause is gone."""
    return "once the cause is fixed" if facts["exit"] == 5 else "next"


def _ending(facts: dict[str, Any]) -> str:
    states = {row["state"] for row in facts["targets"]}
    if facts["outcome"] == "already" and states == {"restored"}:
        return "already restored"
    return str(facts["outcome"])


def _targets(rows: list[dict[str, Any]]) -> list[str]:
    several = labels.several(rows)
    return [_target(row, row["component"] if several else "") for row in rows]


def _target(row: dict[str, Any], component: str) -> str:
    now, before, after = (clean(str(row[key] or "?"), 40) for key in ("now", "from", "to"))
    name = labels.app(row["target"], component)
    moved = f"{name}: {row['state']}, {before} -> {after}"
    if now == after:
        return f"{moved}; read back from {_subject(row['proof'])}"
    return f"{moved}, now {now}; {clean(row['proof'], 80)}"


def _subject(proof: str) -> str:
    """Return what was read, without the value: that is the target's release."""
    first, *more = proof.split("; ")
    others = f" and {len(more)} more" if more else ""
    return clean(first.removeprefix("already there: ").partition(": ")[0], 80) + others
