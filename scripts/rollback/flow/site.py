"""The site of a rollback: an environment, its components and their adapters.

No platform has been read yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from rollback.contracts import Platform, rolls_back
from rollback.detection.model import Detection
from rollback.errors import Usage
from rollback.flow import detect, uncommitted
from rollback.model import Finding, Move
from rollback.platforms import platforms
from rollback.records import ledger
from rollback.settings import environment as environments
from rollback.settings import load as settings
from rollback.settings.environment import Environment
from rollback.shell import Shell


class Source(Struct, frozen=True):
    """One component of an environment: its adapter, and the settings that belong to it."""

    environment: Environment
    id: str  # of the adapter, e.g. "release-folders"
    platform: Platform
    shell: Shell
    stage: int = 0

    @property
    def component(self) -> str:
        return self.environment.component

    @property
    def adapter(self) -> str:
        return f"platforms/{self.id}"

    def moves_of(self, moves: Sequence[Move]) -> list[Move]:
        """Return the moves of this component."""
        return [move for move in moves if move.target.component == self.component]


class Site(Struct, frozen=True):
    """An environment and its components, in the order of their stages."""

    environment: Environment
    sources: tuple[Source, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def title(self) -> str:
        """Return the adapters for people: "helm", "release-folders and docker-compose"."""
        return " and ".join(dict.fromkeys(source.id for source in self.sources))

    @property
    def several(self) -> bool:
        return len(self.sources) > 1

    def label(self, source: Source, text: str) -> str:
        """Prefix text about one component with its name if there are several."""
        return f"{source.component}: {text}" if self.several else text


def find(
    project: Path, name: str | None, again: bool = False, options: tuple[str, ...] = ()
) -> Site:
    """Resolve the environment and the adapter of each component.

    Raises Usage (no-platform, no-adapter) and what the settings raise.
    """
    environment = environments.resolve(project, settings.load(project), name)
    uncommitted.refuse(environment)
    detection = detect.run(project, again)
    environment = _with_ledger(replace(environment, options=options))
    parts = environments.components(environment)
    if len(parts) == 1 and parts[0][0] is environment:  # its health checks are the environment's
        without_health = replace(environment, settings=replace(environment.settings, health=()))
        parts = [(without_health, 0)]
    sources = (_source(part, stage, detection) for part, stage in parts)
    ordered = tuple(sorted(sources, key=lambda source: source.stage))
    return Site(environment, ordered, tuple(_assumptions(environment, ordered, detection)))


def _source(environment: Environment, stage: int, detection: Detection) -> Source:
    id, evidence = detect.best(detection, environment.settings.platform)
    adapter = platforms[id] if id in platforms.ids else None
    if not rolls_back(adapter):
        able = ", ".join(known for known, module in platforms if rolls_back(module))
        message = f"{id} is recognised, but this version cannot roll it back (supported: {able})"
        raise Usage("no-adapter", message, "roll back with the platform's own tool")
    adjusted = environments.with_platform(replace(environment, evidence=evidence), id)
    return Source(adjusted, id, adapter, Shell(environment.project), stage)


def _with_ledger(environment: Environment) -> Environment:
    known = ledger.read(environment.project, environment.name)
    verdicts = tuple(entry for entry in known if entry.verdict != ledger.SEEN)
    sightings = tuple(entry for entry in known if entry.verdict == ledger.SEEN)
    return replace(environment, ledger=verdicts, sightings=sightings)


def _assumptions(
    environment: Environment, sources: Sequence[Source], detection: Detection
) -> list[Finding]:
    notes = []
    used = {source.id for source in sources}
    if environment.assumed:
        unprotected = "not protected; without settings every name means this same target"
        guard = "protected" if environment.protected else unprotected
        names = ", ".join(sorted(used))
        message = (
            f"no settings: assuming environment {environment.name} ({guard}) on {names}, "
            "from the files"
        )
        notes.append(Finding("note", "assumed-environment", message))
    others = [row.platform for row in detection.platforms if row.adapter]
    others = [name for name in dict.fromkeys(others) if name not in used]
    if others and not any(source.environment.settings.platform for source in sources):
        message = f"also found: {', '.join(others)}"
        fix = "name one with platform: in the settings"
        notes.append(Finding("note", "other-platforms", message, fix))
    return notes
