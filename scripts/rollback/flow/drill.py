"""Could we roll back right now, how far, how long would it take, and what is in the way?

Reads and checks all that a plan does, and renders its files where nobody keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from rollback import clock
from rollback.flow import choose, labels, save
from rollback.flow import plan as plans
from rollback.flow.history import ComponentHistory, TargetHistory
from rollback.flow.plan import Prepared, Request
from rollback.model import Finding, Move
from rollback.records import audit, durations, scratch
from rollback.script import launch

EVENT = "drill"
MOST = 10  # earlier drills
# what is no news of a drill: it asks while all is well, and for no reason
_EXPECTED = ("healthy-now", "no-reason")


class Reach(Struct, frozen=True, rename={"from_": "from"}):
    """How far a target could go. `back` counts releases that nothing speaks against."""

    component: str
    target: str
    from_: str
    to: str | None
    back: int
    oldest: str | None = None  # when the oldest of them was deployed


class Earlier(Struct, frozen=True):
    at: str
    verdict: str
    back: int


class Drill(Struct, frozen=True):
    """`seconds`: the median of `runs` earlier runs of this level, None without any."""

    ready: bool
    verdict: str
    at: str
    environment: str
    level: str
    targets: tuple[Reach, ...] = ()
    seconds: int | None = None
    runs: int = 0
    findings: tuple[Finding, ...] = ()
    earlier: tuple[Earlier, ...] = ()  # newest first

    @property
    def back(self) -> int:
        """Return how many releases every target could go back."""
        return min((target.back for target in self.targets), default=0)


def run(request: Request) -> Drill:
    """Drill, and write its result to the audit. Raises what a plan raises."""
    prepared = plans.prepare(request)
    _render(prepared)
    plan, project = prepared.plan, request.project
    seconds = durations.of_runs(project, plan.environment, plan.level)
    result = Drill(
        ready=plan.verdict == "ready",
        verdict=plan.verdict,
        at=clock.now(),
        environment=plan.environment,
        level=plan.level,
        targets=tuple(_targets(prepared)),
        seconds=durations.typical(seconds),
        runs=len(seconds),
        findings=tuple(row for row in plan.findings if row.code not in _EXPECTED),
        earlier=tuple(_earlier(project, plan.environment, plan.level)),
    )
    facts = {"environment": plan.environment, "level": plan.level, "verdict": plan.verdict}
    audit.record(project, EVENT, **facts, back=result.back)
    return result


def badge(drill: Drill) -> dict[str, Any]:
    """Return the JSON of an endpoint badge (shields.io)."""
    facts = [f"{drill.back} back"] if drill.ready else []
    facts += [f"~{clock.age(drill.seconds)}"] if drill.ready and drill.seconds else []
    message = ", ".join(["ready" if drill.ready else drill.verdict, *facts])
    return _badge(message, "brightgreen" if drill.ready else "red")


def broken(code: str) -> dict[str, Any]:
    """Return the badge of a drill that could not even be made."""
    return _badge(code, "red")


def _badge(message: str, color: str) -> dict[str, Any]:
    return {"schemaVersion": 1, "label": "rollback", "message": message, "color": color}


def _render(prepared: Prepared) -> None:
    """Read what a checkpoint holds and render both scripts, in a folder that is removed."""
    if prepared.rows is not None:
        with launch.stopping(), scratch.holding({}) as folder:
            save.write(folder, prepared)


def _targets(prepared: Prepared) -> Iterator[Reach]:
    moves = {(move.target.component, move.target.app): move for move in prepared.plan.moves}
    for component in prepared.known.components:
        for row in component.targets:
            move = moves.get((component.source.component, row.target.app))
            yield _reach(component, row, move)


def _reach(component: ComponentHistory, row: TargetHistory, move: Move | None) -> Reach:
    left = choose.reachable(row.releases)
    return Reach(
        component.source.component,
        row.target.app,
        labels.release(choose.live(row.releases)),
        labels.release(move.to) if move else None,
        len(left),
        next((release.deployed_at for release in reversed(left) if release.deployed_at), None),
    )


def _earlier(project: Path, environment: str, level: str) -> Iterator[Earlier]:
    rows = [
        row
        for row in audit.rows(project, EVENT)
        if row.get("environment") == environment and row.get("level") == level
    ]
    for row in rows[: -MOST - 1 : -1]:
        yield Earlier(str(row["at"]), str(row.get("verdict")), int(row.get("back") or 0))
