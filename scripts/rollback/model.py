"""The nouns of a rollback: frozen, JSON-ready, free of I/O."""

from __future__ import annotations

import shlex
from typing import Any, Literal

from msgspec import Struct

Status = Literal["live", "good", "failed", "rolled-back-from", "superseded", "unknown"]
Level = Literal["blocker", "warning", "note"]
Part = Literal["app", "database", "config", "infrastructure"]
Verdict = Literal["healthy", "unhealthy", "waiting", "unknown"]
Verb = Literal["execute", "restore"]


class Evidence(Struct, frozen=True):
    """Why files say that something deploys this project; strength 0 to 100, path relative to the project ("." = its root)."""

    strength: int
    path: str
    reasons: tuple[str, ...]


class Command(Struct, frozen=True):
    """One program call; in a script the working directory is the run folder, so payload files are named `state/x`. `variables`: names only."""

    argv: tuple[str, ...]
    timeout: float = 60
    variables: tuple[str, ...] = ()

    def __str__(self) -> str:
        return shlex.join(self.argv)


class Probe(Struct, frozen=True):
    """True when the trimmed stdout of `command` equals `expect`; with a `salt`, sha256(salt + stdout) in hex, for what may hold secrets."""

    command: Command
    expect: str
    salt: str = ""


class Guard(Struct, frozen=True):
    """Compare and swap: `command` prints one line for each move it covers.
    Line i must equal `current[i]` (go on) or `to[i]` (nothing to do), else the script stops with exit 10.
    An identity (engine id, cluster UID, account, host key) is a guard whose `current` and `to` are the same.
    With a `salt` the lines are compared by sha256(salt + line). `moves` are indices into Plan.moves.
    """

    title: str
    command: Command
    current: tuple[str, ...]
    to: tuple[str, ...]
    moves: tuple[int, ...] = ()
    salt: str = ""


class Undo(Struct, frozen=True):
    """The way back. Undos run last step first; those that are `last` (a restart) run after all the others."""

    do: Command
    proof: Probe | None = None
    last: bool = False


class Step(Struct, frozen=True):
    """One change. Already done when its proof holds; without a proof (a restart) it runs again on resume.
    `moves` are indices into Plan.moves. `deadline` is seconds for do + proof. A later wave starts only when the one before held.
    `lock`: "take" comes first and "free" last in both scripts, whatever failed between; a take that ends with 9 says who holds it.
    """

    id: str  # [a-z0-9.-]+
    title: str
    do: Command
    proof: Probe | None = None
    undo: Undo | None = None
    part: Part = "app"
    moves: tuple[int, ...] = (0,)
    wave: int = 0
    deadline: float = 120
    irreversible: bool = False
    apart: bool = False  # its moves do not depend on each other: when it fails each is judged by its own guard
    guarded: bool = False  # its guards see what its proof sees, and the platform refuses it when that changed: right after them it is just done
    lock: Literal["", "take", "free"] = ""
    reminder: str = (
        ""  # stays open while the proof holds (somebody has to resume what was suspended)
    )
    by_hand: str = ""  # of a lock: the command that frees it once its run is dead and given up


class Target(Struct, frozen=True):
    """What can be rolled back. `where` is an identity read from the platform, e.g. "<engine id>/<project>" or "web1:/srv/shop".
    `details` are the adapter's own JSON-ready facts (never secrets); details["places"] lists further `where`s of its parts.
    """

    environment: str
    platform: str
    app: str
    where: str
    protected: bool
    details: dict[str, Any] = {}


class Release(Struct, frozen=True):
    """One release as the platform knows it. Times are UTC, ISO 8601 with Z.
    `skip`/`skip_reason`: the platform's own evidence against it (a skip code of contracts, e.g. bad-mark, artifact-gone, unfinished).
    `served_seconds`: how long it served, where the platform tells; else the flow computes it from deployed_at.
    `made_at`: when it was committed or built, for lists only; no evidence of service.
    `artifacts`: app -> artifact, where one release has several parts. `facts`: the adapter's own, never written to a file.
    """

    id: str
    version: str | None = None
    status: Status = "unknown"
    deployed_at: str | None = None
    artifact: str | None = None
    commit: str | None = None
    description: str = ""
    deployed_by: str | None = None
    made_at: str | None = None
    served_seconds: float | None = None
    skip: str | None = None
    skip_reason: str = ""
    artifacts: dict[str, str] = {}
    aliases: tuple[
        str, ...
    ] = ()  # ids that the same release had before: some platforms renumber what is gone back to
    facts: dict[str, Any] = {}


class Skipped(Struct, frozen=True):
    release: str
    code: str
    reason: str


class Move(Struct, frozen=True):
    target: Target
    current: Release
    to: Release
    bare: str | None = None
    skipped: tuple[Skipped, ...] = ()


class Finding(Struct, frozen=True):
    level: Level
    code: str
    message: str
    fix: str = ""


class Check(Struct, frozen=True):
    """One look at health. "waiting" = ask again until the deadline; it counts as unhealthy when that passes."""

    name: str
    verdict: Verdict
    detail: str = ""
    phase: str = "before"
    moved: bool = True  # False: a part of the same target that the moves leave where it is


class HealthReport(Struct, frozen=True):
    verdict: Literal["healthy", "unhealthy", "unknown"]
    checks: tuple[Check, ...] = ()


class TakenBack(Struct, frozen=True):
    commits: int | None = None
    subjects: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    deployed_by: str | None = None
    age_seconds: int | None = None


class Plan(Struct, frozen=True):
    """Everything that was decided and shown. Its digest is kept outside."""

    verdict: str
    created_at: str
    expires_at: str
    level: Literal["app", "with-db", "full"]
    environment: str
    protected: bool
    project: str
    platform: str | None = None
    moves: tuple[Move, ...] = ()
    guards: tuple[Guard, ...] = ()
    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()
    taken_back: TakenBack = TakenBack()
    health: HealthReport = HealthReport("unknown")
    follow_up: tuple[
        Finding, ...
    ] = ()  # what stays open afterwards, e.g. an auto-deploy that brings the bad release back
    version: str = ""


class TargetResult(Struct, frozen=True, rename={"from_": "from"}):
    target: str
    from_: str
    to: str
    now: str | None
    state: Literal["rolled-back", "unchanged", "failed", "restored"]
    proof: str


class Outcome(Struct, frozen=True):
    outcome: Literal["done", "already", "partial", "failed", "refused", "interrupted", "restored"]
    exit: int
    run: str | None
    targets: tuple[TargetResult, ...] = ()
    health: HealthReport = HealthReport("unknown")
    open: tuple[str, ...] = ()
    next: str | None = None
    stays: tuple[str, ...] = ()  # left on another release: "db stays on postgres:17"
