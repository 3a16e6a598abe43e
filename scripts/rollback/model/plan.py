"""A plan: the shares of several adapters, and which way a run goes through it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from rollback.model.change import Guard, Line, Lock, Part, Step
from rollback.model.config import ConfigChange
from rollback.model.database import Database
from rollback.model.infrastructure import InfrastructureChange
from rollback.model.release import Move, Release
from rollback.model.report import Finding, HealthReport, TakenBack

Verb = Literal["execute", "restore"]
PlanLevel = Literal["app", "with-db", "full"]


def changes_databases(level: PlanLevel) -> bool:
    """Whether migrations are reversed at this level."""
    return level in ("with-db", "full")


def brings_configuration(level: PlanLevel) -> bool:
    """Whether configuration that lies outside of a release goes back, too."""
    return level == "full"


def changes_infrastructure(level: PlanLevel) -> bool:
    return level == "full"


class Component(Struct, frozen=True):
    """One adapter's share of a plan. Components of one `stage` do not depend on each other.

    `undo_first`: a restore begins with it, because code needs what it brings back. `undo_last`: a
    restore ends with it, because its commands run in the release that the others bring back.
    """

    id: str  # [a-z0-9-]+: prefix of its ids, its folder in state/
    adapter: str  # "platforms/helm"
    part: Part = "app"
    stage: int = 0
    moves: tuple[Move, ...] = ()
    guards: tuple[Guard, ...] = ()
    locks: tuple[Lock, ...] = ()
    steps: tuple[Step, ...] = ()
    undo_first: bool = False
    undo_last: bool = False


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
    databases: tuple[Database, ...] = ()
    config: tuple[ConfigChange, ...] = ()  # with level full
    infrastructure: tuple[InfrastructureChange, ...] = ()
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
        """Return the adapters for people: "helm", "release-folders and docker-compose"."""
        names = dict.fromkeys(component.adapter.rpartition("/")[2] for component in self.components)
        *others, last = names or ("",)
        return " and ".join(filter(None, (", ".join(others), last)))


class Direction(Struct, frozen=True):
    """Which way a run goes: execute takes every move from `current` to `to`, restore back again."""

    verb: Verb
    script: str  # the script that goes this way
    done: Literal["rolled-back", "restored"]  # what a target is that arrived

    def components(self, plan: Plan) -> tuple[Component, ...]:
        """Return the components in the order of the script."""
        if self.verb == "execute":
            return plan.components
        backwards = plan.components[::-1]
        return tuple(sorted(backwards, key=lambda each: (each.undo_last, not each.undo_first)))

    def guards(self, plan: Plan) -> tuple[Guard, ...]:
        """Return what the script reads before it changes anything."""
        if self.verb == "execute":
            return plan.guards
        return tuple(guard for guard in plan.guards if not guard.forward_only)

    def ends(self, move: Move) -> tuple[Release, Release]:
        """Return the releases that a move leaves and reaches."""
        return (move.current, move.to) if self.verb == "execute" else (move.to, move.current)

    def line(self, line: Line) -> tuple[str, str]:
        """Return a guard's line before and after."""
        forward = self.verb == "execute"
        return (line.source, line.goal) if forward else (line.goal, line.source)


FORWARD = Direction("execute", "rollback.sh", "rolled-back")
REVERSE = Direction("restore", "restore.sh", "restored")
DIRECTIONS: dict[Verb, Direction] = {"execute": FORWARD, "restore": REVERSE}
