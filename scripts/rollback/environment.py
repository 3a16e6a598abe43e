"""The environment a run is about: which one, in which project, with which settings."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from rollback.model import Evidence
from rollback.settings import EnvironmentSettings


class LedgerEntry(Struct, frozen=True):
    """One line of ledger.jsonl: what this project's own runs and deploy scripts know of a release."""

    at: str
    environment: str
    platform: str
    where: str
    app: str
    release: str
    artifact: str | None
    verdict: str  # good | failed | rolled-back-from
    run: str | None = None


class Environment(Struct, frozen=True):
    """`evidence` is what detection found of the chosen platform, best first; `assumed` = no settings name it."""

    name: str
    protected: bool
    project: Path
    settings: EnvironmentSettings
    assumed: bool = False
    evidence: tuple[Evidence, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
