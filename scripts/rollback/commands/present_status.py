"""The status in plain lines: what is live, the last run, an unfinished one, a waiting plan, what is open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rollback.text import clean

FEW = 3
APPS = 10  # live applications shown before the rest is counted
HEALTH = {
    "healthy": "healthy at the end",
    "unhealthy": "unhealthy at the end",
    "unknown": "health unknown",
}
NEVER = "no rollback was ever planned here"


def lines(facts: dict[str, Any]) -> Iterator[str]:
    """One fact per line, in the order in which an operator asks."""
    yield f"status: {clean(facts['environment'] or 'no environment', 40)}"
    if facts["at_work"]:
        yield f"running now: {clean(facts['at_work'], 100)}"
    yield from _live(facts)
    yield from _finished(facts["finished"])
    yield from _unfinished(facts["unfinished"])
    yield from _waiting(facts["waiting"], facts["next"])
    yield from _nothing_else(facts)
    yield from (f"open: {clean(item, 360)}" for item in facts["open"])
    if facts["next"]:
        yield f"next: {facts['next']}"


def _live(facts: dict[str, Any]) -> Iterator[str]:
    if facts["live"] is None:
        problem = facts["unreadable"]
        yield f"live: could not be read: {clean(problem['message'], 100)}"
        if problem["fix"]:
            yield f"  fix: {clean(problem['fix'], 110)}"
        return
    yield from _few([f"live: {_serving(row)}" for row in facts["live"]], APPS)


def _serving(row: dict[str, Any]) -> str:
    if row["release"] is None:
        return f"{clean(row['app'], 40)}: nothing says which release serves"
    version = (
        f" ({clean(row['version'], 20)})" if row["version"] not in (None, row["release"]) else ""
    )
    since = f", deployed {row['deployed_at']}" if row["deployed_at"] else ""
    return f"{clean(row['app'], 30)} {clean(row['release'], 30)}{version}{since}"


def _finished(run: dict[str, Any] | None) -> Iterator[str]:
    if run is None:
        return
    code = "" if run["exit"] is None else f" (exit {run['exit']})"
    yield f"last run: {run['outcome']}{code}, {HEALTH[run['health']]}, ended {run['at']}"
    yield from _moves(run)
    yield f"  folder: {run['run']}"
    yield f"  details: {run['command']}"
    if run["restore"]:
        yield f"  restore: {run['restore']}"


def _unfinished(run: dict[str, Any] | None) -> Iterator[str]:
    if run is None:
        return
    result = "no result recorded" if run["outcome"] == "unfinished" else run["outcome"]
    where = f"stopped {run['at']} at step {clean(run['step'], 40)}"
    yield f"unfinished run: {result}, {HEALTH[run['health']]}, {where}"
    yield from _moves(run)
    yield f"  folder: {run['run']}"
    for name, key in (("resume", "command"), ("restore", "restore"), ("abandon", "abandon")):
        if run[key]:
            yield f"  {name}: {run[key]}"


def _waiting(plan: dict[str, Any] | None, following: str | None) -> Iterator[str]:
    if plan is None:
        return
    yield f"waiting plan: {plan['verdict']} until {plan['expires_at']}, made {plan['at']}"
    yield from _moves(plan)
    yield f"  folder: {plan['run']}"
    if plan["command"] != following:
        yield f"  execute: {plan['command']}"


def _nothing_else(facts: dict[str, Any]) -> Iterator[str]:
    """The newest plan, where there are only plans that cannot be executed; a run that was given up."""
    if facts["run"] is None:
        yield NEVER
    elif facts["state"] == "abandoned":
        yield "abandoned run: closed before it was finished, its changes stay as they are"
        yield f"  folder: {facts['run']}"
    elif facts["state"] == "new" and facts["waiting"] is None:
        why = "expired" if facts["verdict"] == "ready" else facts["verdict"]
        yield f"newest plan: {why}, nothing waits for approval"
        yield f"  folder: {facts['run']}"


def _moves(run: dict[str, Any]) -> Iterator[str]:
    rows = [
        f"  {clean(row['app'], 30)}: {clean(row['from'], 35)} -> {clean(row['to'], 35)}"
        for row in run["moves"]
    ]
    yield from _few(rows, FEW)


def _few(rows: Sequence[str], limit: int) -> list[str]:
    return list(rows) if len(rows) <= limit else [*rows[:limit], f"  and {len(rows) - limit} more"]
