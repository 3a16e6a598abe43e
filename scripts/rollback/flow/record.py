"""Record in the ledger what is live now, and what a run has learned.

The verdict comes from a deploy script or from the health checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rollback.clock import now
from rollback.flow import choose, health, history, ledgered, selection
from rollback.flow.site import Site
from rollback.model import Check, Direction, HealthReport, Move, Plan, TargetResult
from rollback.records import ledger
from rollback.settings.environment import LedgerEntry

_VERDICTS = {"healthy": "good", "unhealthy": "failed"}


def record(site: Site, apps: Sequence[str], verdict: str | None) -> dict[str, Any]:
    """Return {environment, recorded: [{app, release, verdict}], health}.

    Unknown health records nothing: only a check is a verdict.
    """
    known = history.read(selection.of(site, apps), sighted=False)  # a verdict says more
    history.refuse_unknown(known)
    report = None if verdict else health.look(site, history.standing(known), "record")
    word = verdict or _VERDICTS.get(report.verdict if report else "unknown", "")
    entries = list(_live(known, word)) if word else []
    if entries:
        ledger.record(site.environment.project, entries)
        history.forget(site.environment.project)
    return {
        "environment": site.environment.name,
        "health": report.verdict if report else None,
        "recorded": [
            {"app": entry.app, "release": entry.release, "verdict": entry.verdict}
            for entry in entries
        ],
    }


def lines(facts: dict[str, Any]) -> Iterator[str]:
    for row in facts["recorded"]:
        yield f"recorded: {row['app']} {row['release']} {row['verdict']}"
    if not facts["recorded"]:
        yield "nothing recorded: no health check could run; pass --verdict good or --verdict failed"


def learned(
    plan: Plan,
    folder: Path,
    direction: Direction,
    targets: Sequence[TargetResult],
    report: HealthReport,
) -> None:
    """Record what a run learned about releases. Raises Usage (not-writable).

    A target whose later step failed has been switched all the same, but is not called good.
    """
    beside = ("config", "infrastructure")  # they have no releases of their own
    applications = {each.id for each in plan.components if each.part not in beside}
    entries = [
        _entry(move, release, verdict, folder.name)
        for move, target in zip(plan.moves, targets, strict=True)
        if move.target.component in applications and _is_switched(move, target, direction)
        for release, verdict in _verdicts(plan, move, direction, report)
        if verdict != "good" or target.state == direction.done
    ]
    ledger.record(Path(plan.project), entries)


def newly_failing(before: HealthReport, after: HealthReport) -> tuple[Check, ...]:
    """Return failures that are new: only these count against a release."""
    broken = health.failed(before)
    later = [check for check in after.checks if check.phase != "before"]
    return tuple(
        check for check in later if check.name not in broken and check.verdict in health.FAILING
    )


def _live(known: history.History, word: str) -> Iterator[LedgerEntry]:
    for component in known.components:
        names = known.selection.names(component.source)
        for row in component.targets:
            live = choose.live(row.releases)
            entries = ledgered.rows(component.source.environment, row.target, live, word, None)
            for entry in entries:
                if not names or {entry.app, row.target.app} & set(names):
                    yield entry


def _is_switched(move: Move, target: TargetResult, direction: Direction) -> bool:
    goal = direction.ends(move)[1]
    return target.state == direction.done or (target.state == "failed" and target.now == goal.id)


def _verdicts(
    plan: Plan, move: Move, direction: Direction, report: HealthReport
) -> Iterator[tuple[str, str]]:
    """Return the verdicts; a restore says nothing against the release it leaves."""
    left, reached = direction.ends(move)
    restored = direction.verb == "restore"
    if not restored:
        yield left.id, "rolled-back-from"
    if report.verdict == "healthy":
        yield reached.id, "good"
    elif report.verdict == "unhealthy" and (restored or newly_failing(plan.health, report)):
        yield reached.id, "failed"


def _entry(move: Move, release: str, verdict: str, run: str) -> LedgerEntry:
    target = move.target
    ends = (move.current, move.to)
    return LedgerEntry(
        at=now(),
        environment=target.environment,
        platform=target.platform,
        where=target.where,
        app=target.app,
        release=release,
        artifact=next((end.artifact for end in ends if end.id == release), None),
        verdict=verdict,
        run=run,
        digests=_digests(move, release),
    )


def _digests(move: Move, release: str) -> dict[str, str]:
    """Return what the release ran that was live when the plan was made; a tag may have moved."""
    return move.current.digests if release == move.current.id else {}
