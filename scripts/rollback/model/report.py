"""What is said about a rollback: findings, health, what it undoes, how it ended."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Level = Literal["blocker", "warning", "note"]
Verdict = Literal["healthy", "unhealthy", "waiting", "unknown"]


class Finding(Struct, frozen=True):
    level: Level
    code: str
    message: str
    fix: str = ""


class Check(Struct, frozen=True):
    """One health check. "waiting" = retry until the deadline, then unhealthy."""

    name: str
    verdict: Verdict
    detail: str = ""
    phase: str = "before"
    moved: bool = True  # False: a part of the same target that does not move
    needed: bool = False  # without its answer nothing is called healthy


class HealthReport(Struct, frozen=True):
    verdict: Literal["healthy", "unhealthy", "unknown"]
    checks: tuple[Check, ...] = ()


class TakenBack(Struct, frozen=True):
    commits: int | None = None
    subjects: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    deployed_by: str | None = None
    age_seconds: int | None = None


class TargetResult(Struct, frozen=True, rename={"from_": "from"}):
    """`partly`: some of its parts arrived, such as domains, and others did not."""

    component: str
    target: str
    from_: str
    to: str
    now: str | None
    state: Literal["rolled-back", "unchanged", "failed", "restored"]
    proof: str
    partly: bool = False


class Outcome(Struct, frozen=True):
    outcome: Literal["done", "already", "partial", "failed", "refused", "interrupted", "restored"]
    exit: int
    run: str | None
    targets: tuple[TargetResult, ...] = ()
    health: HealthReport = HealthReport("unknown")
    open: tuple[str, ...] = ()
    next: str | None = None
    # left on another release: "db stays on postgres:17"; or "v7 of shop went back, too"
    stays: tuple[str, ...] = ()
