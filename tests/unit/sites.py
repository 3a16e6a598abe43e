"""An environment with stub platforms: what the flow is tried on without a real platform."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rollback.flow.site import Site, Source
from rollback.model import Check, Guard, Move, Release, Step, Target
from rollback.settings.environment import Environment
from rollback.settings.model import EnvironmentSettings, HealthCheck
from rollback.shell import Shell

Checks = Callable[[Sequence[Move], Shell], Iterable[Check]]


def environment(project: Path = Path("/"), *checks: HealthCheck, **facts: Any) -> Environment:
    name = facts.pop("name", "staging")
    return Environment(name, False, project, EnvironmentSettings(health=checks), **facts)


def platform(**members: Any) -> Any:
    """A platform that has nothing to say, apart from these members."""
    silent: dict[str, Any] = {
        "TITLE": "stub",
        "OPTIONS": (),
        "targets": lambda environment, shell: [],
        "releases": lambda environment, targets, shell, limit: [],
        "bare": lambda releases: None,
        "moves": lambda target, current, to: [Move(target, current, to)],
        "preflight": lambda moves, shell: [],
        "snapshot": lambda moves, shell: {},
        "guards": _no_guards,
        "locks": lambda moves: [],
        "steps": _no_steps,
        "checks": lambda moves, shell: [],
        "prepare": lambda moves, shell: None,
        "logs": lambda moves, seconds, shell: None,
        "config": lambda moves, shell: [],
        "older_config": lambda moves, shell: [],
        "standing": lambda moves, shell: [],
        "watch": lambda target: [],
    }
    return SimpleNamespace(**{**silent, **members})


def _no_guards(moves: Sequence[Move]) -> list[Guard]:
    return []


def _no_steps(moves: Sequence[Move]) -> list[Step]:
    return []


def source(component: str = "app", stage: int = 0, id: str = "stub", **members: Any) -> Source:
    project = members.pop("project", Path("/"))
    health = members.pop("health", ())
    own = environment(project, *health, component=component)
    return Source(own, id, platform(**members), Shell(project), stage)


def site(*sources: Source, whole: Environment | None = None) -> Site:
    first = sources[0] if sources else source()
    return Site(whole or environment(first.environment.project), sources or (first,))


def target(app: str = "shop", component: str = "app") -> Target:
    return Target("staging", component, "stub", app, "here", False)


def move(app: str = "shop", component: str = "app", current: str = "v2", to: str = "v1") -> Move:
    return Move(target(app, component), Release(current), Release(to), id=f"{component}.{app}")
