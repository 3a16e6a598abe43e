"""Writes what is live now into the ledger: the word of a deploy script, or of the health checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rollback.records import ledger
from rollback.flow import choose, health, history


def record(where: history.Place, apps: Sequence[str], verdict: str | None) -> dict[str, Any]:
    """JSON: {environment, recorded: [{app, release, verdict}], health}. Unknown health records nothing: only a check is a verdict."""
    apps = history.limit(where, apps)
    found = history.read(where, apps, sighted=False)  # a verdict says more
    history.refuse_unknown(apps, found)
    report = (
        None
        if verdict
        else health.look(where.environment, history.standing(found), where.shell, "record")
    )
    word = verdict or {"healthy": "good", "unhealthy": "failed"}.get(
        report.verdict if report else "unknown"
    )
    rows = [
        row
        for target, releases in zip(found.targets, found.releases, strict=True)
        for row in history.ledger_rows(
            where.environment, target, choose.live(releases), word or "", None
        )
        if not apps or {row.app, target.app} & set(apps)
    ]
    if word:
        ledger.record(where.environment.project, rows)
        history.forget(where.environment.project)
    return {
        "environment": where.environment.name,
        "health": report.verdict if report else None,
        "recorded": [
            {"app": row.app, "release": row.release, "verdict": row.verdict} for row in rows if word
        ],
    }


def lines(facts: dict[str, Any]) -> Iterator[str]:
    for row in facts["recorded"]:
        yield f"recorded: {row['app']} {row['release']} {row['verdict']}"
    if not facts["recorded"]:
        yield "recorded nothing: no health check could run; say --verdict good or --verdict failed"
