"""The environment a run is about: which one, in which project, with which settings."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from rollback.errors import Usage
from rollback.model import Evidence
from rollback.settings.model import EnvironmentSettings, Settings
from rollback.text import clean


class LedgerEntry(Struct, frozen=True):
    """One line of ledger.jsonl: what this project's own runs and deploy scripts know of a release."""

    at: str
    environment: str
    platform: str
    where: str
    app: str
    release: str
    artifact: str | None
    verdict: str  # good | failed | rolled-back-from | seen
    run: str | None = None


class Environment(Struct, frozen=True):
    """`evidence` is what detection found of the chosen platform, best first; `assumed` = no settings name it.

    `ledger` holds verdicts, `sightings` what was live when somebody looked; neither holds the other.
    `options` are the switches of plan.py that belong to one platform, e.g. "suspend-owner".
    """

    name: str
    protected: bool
    project: Path
    settings: EnvironmentSettings
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
    """The environment meant by `name` (exact name or alias; None: the only or default one). Raises Usage (unknown-environment, which-environment)."""
    if not settings.environments:
        return _assumed(project, PRODUCTION_LIKE[0] if name is None else name)
    chosen = _chosen(settings, name)
    own = settings.environments[chosen]
    alike = any(word in PRODUCTION_LIKE for word in (chosen, *own.aliases))
    return Environment(chosen, alike if own.protected is None else own.protected, project, own)


def named(settings: Settings, word: str) -> str | None:
    """The environment that has exactly this name or alias."""
    if not settings.environments:
        return word if word in PRODUCTION_LIKE + WELL_KNOWN else None
    return next(
        (
            name
            for name, own in settings.environments.items()
            if word == name or word in own.aliases
        ),
        None,
    )


def _assumed(project: Path, name: str) -> Environment:
    if named(Settings(), name) is None:
        raise Usage(
            "unknown-environment",
            f"{clean(name)!r} is no known environment, and there are no settings",
            _KNOWN_FIX,
        )
    return Environment(name, name in PRODUCTION_LIKE, project, EnvironmentSettings(), assumed=True)


def _chosen(settings: Settings, name: str | None) -> str:
    listed = ", ".join(settings.environments)
    if name is not None:
        if (found := named(settings, name)) is None:
            raise Usage(
                "unknown-environment",
                f"{clean(name)} is no environment of this project ({listed})",
                "name one of these",
            )
        return found
    if settings.default_environment is not None:
        return settings.default_environment
    if len(settings.environments) > 1:
        raise Usage(
            "which-environment",
            f"which environment? there are {listed}",
            "name one of these, or set default_environment",
        )
    return next(iter(settings.environments))


_KNOWN_FIX = f"name one of {', '.join(PRODUCTION_LIKE + WELL_KNOWN)}, or write settings: detect.py --write-settings"
