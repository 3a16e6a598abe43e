"""The status in lines: the live release, last, unfinished and waiting runs, open items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rollback import clock
from rollback.flow import labels
from rollback.flow.labels import few
from rollback.screen import BREAK
from rollback.text import clean

FEW = 3
APPS = 10  # live applications shown before the rest is counted
HEALTH = {
    "healthy": "healthy at the end",
    "unhealthy": "unhealthy at the end",
    "unknown": "health unknown",
}
NEVER = "no rollback has been planned here"


def lines(facts: dict[str, Any]) -> Iterator[str]:
    """Yield one fact per line, in the order in which an operator asks."""
    yield f"status: {clean(facts['environment'] or 'no environment', 40)}"
    if facts["at_work"]:
        yield f"running now: {clean(facts['at_work'], 100)}"
    yield from _live(facts)
    yield BREAK
    yield from _finished(facts["finished"])
    yield BREAK
    yield from _unfinished(facts["unfinished"])
    yield BREAK
    yield from _waiting(facts["waiting"], facts["next"])
    yield from _nothing_else(facts)
    yield BREAK
    yield from (f"open: {clean(item, 360)}" for item in facts["open"])
    yield BREAK
    if facts["next"]:
        yield f"next: {facts['next']}"


def _live(facts: dict[str, Any]) -> Iterator[str]:
    if facts["live"] is None:
        problem = facts["unreadable"]
        yield f"live: could not be read: {clean(problem['message'], 100)}"
        if problem["fix"]:
            yield f"  fix: {clean(problem['fix'], 110)}"
        return
    several = labels.several(facts["live"])
    yield from few([f"live: {_serving(row, several)}" for row in facts["live"]], APPS)


def _serving(row: dict[str, Any], several: bool) -> str:
    name = _name(row, several)
    if row["release"] is None:
        return f"{name}: the live release is unknown"
    known = row["version"] not in (None, row["release"])
    version = f" ({clean(row['version'], 20)})" if known else ""
    since = f", deployed {_at(row['deployed_at'])}" if row["deployed_at"] else ""
    return f"{name} {clean(row['release'], 30)}{version}{since}"


def _finished(run: dict[str, Any] | None) -> Iterator[str]:
    if run is None:
        return
    code = "" if run["exit"] is None else f" (exit {run['exit']})"
    yield f"last run: {run['outcome']}{code}, {HEALTH[run['health']]}, ended {_at(run['at'])}"
    yield from _moves(run)
    yield f"  folder: {run['run']}"
    yield f"  details: {run['command']}"
    if run["restore"]:
        yield f"  restore: {run['restore']}"


def _unfinished(run: dict[str, Any] | None) -> Iterator[str]:
    if run is None:
        return
    result = "no result recorded" if run["outcome"] == "unfinished" else run["outcome"]
    stopped = f"stopped {_at(run['at'])} at step {clean(run['step'], 40)}"
    yield f"unfinished run: {result}, {HEALTH[run['health']]}, {stopped}"
    yield from _moves(run)
    yield f"  folder: {run['run']}"
    for name, key in (("resume", "command"), ("restore", "restore"), ("abandon", "abandon")):
        if run[key]:
            yield f"  {name}: {run[key]}"


def _waiting(plan: dict[str, Any] | None, following: str | None) -> Iterator[str]:
    if plan is None:
        return
    until, made = _at(plan["expires_at"]), _at(plan["at"])
    yield f"waiting plan: {plan['verdict']} until {until}, made {made}"
    yield from _moves(plan)
    yield f"  folder: {plan['run']}"
    if plan["command"] != following:
        yield f"  execute: {plan['command']}"


def _nothing_else(facts: dict[str, Any]) -> Iterator[str]:
    """Return the newest plan if none can be executed, or an abandoned run."""
    if facts["run"] is None:
        yield NEVER
    elif facts["state"] == "abandoned":
        yield "abandoned run: closed before it was finished, its changes stay in place"
        yield f"  folder: {facts['run']}"
    elif facts["state"] == "new" and facts["waiting"] is None:
        why = "expired" if facts["verdict"] == "ready" else facts["verdict"]
        yield f"newest plan: {why}, nothing is waiting for approval"
        yield f"  folder: {facts['run']}"


def _moves(run: dict[str, Any]) -> Iterator[str]:
    several = labels.several(run["moves"])
    rows = [
        f"{_name(row, several)}: {clean(row['from'], 35)} -> {clean(row['to'], 35)}"
        for row in run["moves"]
    ]
    yield from (f"  {row}" for row in few(rows, FEW))


def _at(when: str) -> str:
    return f"{clock.minute(when)} UTC"


def _name(row: dict[str, Any], several: bool) -> str:
    return labels.app(row["app"], row["component"] if several else "")
