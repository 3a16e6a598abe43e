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
PlanLevel = Literal["app", "with-db", "full"]


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


class Line(Struct, frozen=True):
    """One line that a guard prints: `source` before the rollback, `goal` after it.

    `move` is the id of the move it belongs to; "" for an identity, whose source is its goal.
    """

    source: str
    goal: str
    move: str = ""


class Guard(Struct, frozen=True):
    """Compare and swap: `command` prints `lines`, one each.

    A line that is neither its source (go on) nor its goal (nothing to do) stops the script with
    exit 10. An identity (engine id, cluster UID, account, host key) has the same source and goal.
    `subject` is a noun: "the current link of web1:/srv/shop". With a `salt` lines are compared
    by sha256(salt + line).
    """

    id: str  # [a-z0-9.-]+, unique in the plan
    subject: str
    command: Command
    lines: tuple[Line, ...]
    salt: str = ""


class Lock(Struct, frozen=True):
    """Keeps other machines away: taken before the first step, released after the last one, in both scripts.

    `take` is safe to repeat: repeated, it renews. It ends with 9 when somebody else holds the lock
    and says who. `seconds` is the deadline of each command.
    """

    id: str  # [a-z0-9.-]+, unique in the plan
    title: str
    take: Command
    release: Command
    seconds: float = 60
    by_hand: str = ""  # the command that releases it once its run is dead and abandoned


class Undo(Struct, frozen=True):
    """Undos run last step first; those that are `last` (a restart) run after all the others.

    `title` describes the action: the undo of "Switch shop to R2" reads "Switch shop back to R4".
    """

    title: str
    do: Command
    proof: Probe | None = None
    last: bool = False


class Step(Struct, frozen=True):
    """One change. Already done when its proof holds; without a proof (a restart) it runs again on resume.

    `moves` are ids. `deadline` is seconds for do + proof. A later wave of a component starts only
    when the one before held.
    """

    id: str  # [a-z0-9.-]+, unique in the plan, begins with its component's id and a dot
    title: str
    do: Command
    proof: Probe | None = None
    undo: Undo | None = None
    part: Part = "app"
    moves: tuple[str, ...] = ()
    wave: int = 0
    deadline: float = 120
    irreversible: bool = False
    independent: bool = False  # its moves fail one by one: each is judged by its own guard
    # its guards see what its proof sees, and the platform refuses it when that changed: right
    # after them it is just done
    guarded: bool = False
    # stays open while the proof holds (somebody has to resume what was suspended)
    reminder: str = ""


class Target(Struct, frozen=True):
    """What can be rolled back. `where` is an identity read from the platform, e.g. "<engine id>/<project>" or "web1:/srv/shop".

    `places` lists further `where`s of its parts. `details` is the adapter's own JSON-ready Struct
    (never secrets); read from a plan.json it is plain data until the adapter converts it.
    """

    environment: str
    component: str
    platform: str
    app: str
    where: str
    protected: bool
    places: tuple[str, ...] = ()
    details: Any = None


class Release(Struct, frozen=True):
    """One release as the platform knows it. Times are UTC, ISO 8601 with Z.

    `skip`/`skip_reason`: the platform's own evidence against it (a skip code of contracts, e.g.
    bad-mark, artifact-gone, unfinished).
    `served_seconds`: how long it served, where the platform tells; else the flow computes it from
    deployed_at.
    `made_at`: when it was committed or built, for lists only; no evidence of service.
    `artifacts`: app -> artifact, where one release has several parts.
    `guess`: nothing shows that it was ever deployed: a person has to name it. `doubt` says why, and
    `unproven` that something does show it, though not that it served.
    `findings`: what a plan has to say while this release is live.
    `facts`: the adapter's own Struct, never written to a file.
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
    # ids that the same release had before: some platforms renumber what is rolled back to
    aliases: tuple[str, ...] = ()
    guess: bool = False
    doubt: str = ""
    unproven: bool = False
    findings: tuple[Finding, ...] = ()
    facts: Any = None

    @property
    def label(self) -> str:
        """How people call it: the id, with the version beside it where that says more."""
        return self.id if self.version in (None, self.id) else f"{self.id} ({self.version})"


class Skipped(Struct, frozen=True):
    release: str
    code: str
    reason: str


class Move(Struct, frozen=True):
    """One target, or one part of it, from one release to another.

    `id` is "<component>.<slug of the app>", unique in the plan; adapters leave it empty, the flow
    fills it in before it asks them for guards and steps.
    """

    target: Target
    current: Release
    to: Release
    id: str = ""
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


class Component(Struct, frozen=True):
    """One adapter's share of a plan. Components of one `stage` do not depend on each other."""

    id: str  # [a-z0-9-]+: prefix of its ids, its folder in state/
    adapter: str  # "platforms/helm"
    part: Part = "app"
    stage: int = 0
    moves: tuple[Move, ...] = ()
    guards: tuple[Guard, ...] = ()
    locks: tuple[Lock, ...] = ()
    steps: tuple[Step, ...] = ()


class Plan(Struct, frozen=True):
    """Everything that was decided and shown. Its digest is kept outside."""

    verdict: str
    created_at: str
    expires_at: str
    level: PlanLevel
    environment: str
    protected: bool
    project: str
    components: tuple[Component, ...] = ()  # in the order of their stages
    findings: tuple[Finding, ...] = ()
    taken_back: TakenBack = TakenBack()
    health: HealthReport = HealthReport("unknown")
    # what stays open afterwards, e.g. an auto-deploy that brings the bad release back
    follow_up: tuple[Finding, ...] = ()
    version: str = ""

    @property
    def moves(self) -> tuple[Move, ...]:
        return tuple(move for component in self.components for move in component.moves)

    @property
    def guards(self) -> tuple[Guard, ...]:
        return tuple(guard for component in self.components for guard in component.guards)

    @property
    def locks(self) -> tuple[Lock, ...]:
        return tuple(lock for component in self.components for lock in component.locks)

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for component in self.components for step in component.steps)

    @property
    def adapters(self) -> str:
        """What is rolled back with, for people: "helm", "release-folders and docker-compose"."""
        names = dict.fromkeys(one.adapter.rpartition("/")[2] for one in self.components)
        return " and ".join(names)


class TargetResult(Struct, frozen=True, rename={"from_": "from"}):
    component: str
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


class Direction(Struct, frozen=True):
    """Which way a run goes: execute takes every move from `current` to `to`, restore back again."""

    verb: Verb
    script: str  # the script that goes this way
    done: Literal["rolled-back", "restored"]  # what a target is that arrived

    def ends(self, move: Move) -> tuple[Release, Release]:
        """The releases that a move leaves and reaches."""
        return (move.current, move.to) if self.verb == "execute" else (move.to, move.current)

    def line(self, line: Line) -> tuple[str, str]:
        """What a guard's line is before and after."""
        forward = self.verb == "execute"
        return (line.source, line.goal) if forward else (line.goal, line.source)


FORWARD = Direction("execute", "rollback.sh", "rolled-back")
REVERSE = Direction("restore", "restore.sh", "restored")
DIRECTIONS: dict[Verb, Direction] = {"execute": FORWARD, "restore": REVERSE}
