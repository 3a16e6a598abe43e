"""The environment a run is about: which one, in which project, with which settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from rollback.errors import Usage
from rollback.model import Evidence
from rollback.model.component_ids import APP
from rollback.settings import groups
from rollback.settings.components import stages
from rollback.settings.location import Location, listed, quoted
from rollback.settings.model import (
    FILE,
    ComponentSettings,
    EnvironmentSettings,
    Settings,
)
from rollback.text import meant

Keys = TypeVar("Keys", bound=Struct)


class LedgerEntry(Struct, frozen=True):
    """One line of ledger.jsonl: what our runs and deploy scripts recorded about a release."""

    at: str
    environment: str
    platform: str
    where: str
    app: str
    release: str
    artifact: str | None
    verdict: str  # good | failed | rolled-back-from | seen
    run: str | None = None
    digests: dict[str, str] = {}  # container -> what it ran, as in Release


class Environment(Struct, frozen=True):
    """`evidence` is the chosen platform's, best first; `assumed` means that no settings name it.

    `ledger` holds verdicts; `sightings` hold what was live at some time. No entry is in both.
    `options` are the switches of plan.py that belong to one platform, e.g. "suspend-owner".
    `component` is the part of the environment that `settings` describe; APP if there is only one.
    `group` is the SETTINGS of that component's adapter, filled in; adapters read it by `group()`.
    """

    name: str
    protected: bool
    project: Path
    settings: EnvironmentSettings
    component: str = APP
    group: Any = None
    assumed: bool = False
    evidence: tuple[Evidence, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    sightings: tuple[LedgerEntry, ...] = ()
    options: tuple[str, ...] = ()


PRODUCTION_LIKE = ("production", "prod", "live", "main-prod")
WELL_KNOWN = (
    "staging",
    "stage",
    "dev",
    "development",
    "test",
    "testing",
    "qa",
    "preview",
    "review",
    "sandbox",
    "demo",
    "local",
)


def resolve(project: Path, settings: Settings, name: str | None) -> Environment:
    """Return the environment with this name or alias; None means the only or default one.

    Raises Usage (unknown-environment, which-environment).
    """
    if not settings.environments:
        return _assumed(project, PRODUCTION_LIKE[0] if name is None else name)
    chosen = _chosen(settings, name)
    chosen_settings = settings.environments[chosen]
    alike = any(word in PRODUCTION_LIKE for word in (chosen, *chosen_settings.aliases))
    return Environment(
        chosen,
        alike if chosen_settings.protected is None else chosen_settings.protected,
        project,
        chosen_settings,
    )


def named(settings: Settings, word: str) -> str | None:
    """Return the environment with exactly this name or alias."""
    if not settings.environments:
        return word if word in PRODUCTION_LIKE + WELL_KNOWN else None
    return next(
        (
            name
            for name, environment in settings.environments.items()
            if word == name or word in environment.aliases
        ),
        None,
    )


def aliases(settings: Settings) -> list[str]:
    return [alias for known in settings.environments.values() for alias in known.aliases]


def components(environment: Environment) -> list[tuple[Environment, int]]:
    """Return each component's environment with its stage, in order of stages.

    Without components it is the environment itself, in stage 0. A component's settings hold its
    own health checks only; those of the environment stay with `environment`.
    """
    components = environment.settings.components
    if not components:
        return [(environment, 0)]
    staged = stages(components)
    pairs = [
        (_of_component(environment, part), staged[part.name])
        for part in components
        if not part.infrastructure
    ]
    return sorted(pairs, key=lambda pair: pair[1])


def with_platform(environment: Environment, platform: str) -> Environment:
    """Return the environment with the keys its settings hold for this platform.

    Raises Usage (settings-invalid) when they hold keys of other platforms only.
    """
    by_platform = environment.settings.groups
    keys = groups.all_keys().get(platform)
    if by_platform and platform not in by_platform:
        raise Location(str(FILE), ("environments", environment.name)).wrong(
            f"has keys of {listed(by_platform)}, but this project deploys with {platform}",
            "name one with platform:, or correct the keys",
        )
    return replace(environment, group=by_platform.get(platform) or (keys() if keys else None))


def group(environment: Environment, settings: type[Keys]) -> Keys:
    """Return an adapter's own keys as its SETTINGS, with defaults."""
    if environment.group is None:
        return settings()
    assert isinstance(environment.group, settings), f"not the keys of {settings.__module__}"
    return environment.group


def _of_component(environment: Environment, component: ComponentSettings) -> Environment:
    part = replace(
        environment.settings,
        platform=component.platform,
        health=component.health,
        database=component.database,
        infrastructure=None,
        components=(),
        groups={component.platform: component.group},
    )
    return replace(environment, component=component.name, settings=part, group=component.group)


def _assumed(project: Path, name: str) -> Environment:
    if named(Settings(), name) is None:
        raise Usage(
            "unknown-environment",
            f"{quoted(name)} is not a known environment, and this project has no settings"
            f"{meant(name, PRODUCTION_LIKE + WELL_KNOWN)}",
            _KNOWN_FIX,
        )
    return Environment(name, name in PRODUCTION_LIKE, project, EnvironmentSettings(), assumed=True)


def _chosen(settings: Settings, name: str | None) -> str:
    names = listed(settings.environments)
    if name is not None:
        if (match := named(settings, name)) is None:
            raise Usage(
                "unknown-environment",
                f"{quoted(name)} is not an environment of this project ({names})"
                f"{meant(name, (*settings.environments, *aliases(settings)))}",
                "name one of these",
            )
        return match
    if settings.default_environment is not None:
        return settings.default_environment
    if len(settings.environments) > 1:
        raise Usage(
            "which-environment",
            f"which environment? This project has {names}",
            "name one of these, or set default_environment",
        )
    return next(iter(settings.environments))


_KNOWN_FIX = (
    f"name one of {', '.join(PRODUCTION_LIKE + WELL_KNOWN)}, "
    "or write settings: detect.py --write-settings"
)
