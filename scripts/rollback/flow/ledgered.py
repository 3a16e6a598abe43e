"""The ledger beside the platform's history: what is written about a release, and what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from rollback.clock import now
from rollback.flow import sightings
from rollback.model import Release, Target
from rollback.records import ledger
from rollback.settings.environment import Environment, LedgerEntry


def rows(
    environment: Environment, target: Target, release: Release, verdict: str, run: str | None
) -> list[LedgerEntry]:
    """Return the ledger's rows for a release: one per part."""
    parts: Mapping[str, str | None] = release.artifacts or {target.app: release.artifact}
    return [
        LedgerEntry(
            at=now(),
            environment=environment.name,
            platform=target.platform,
            where=target.where,
            app=app,
            release=release.id,
            artifact=artifact,
            verdict=verdict,
            run=run,
            digests=_digests_of(release, app),
        )
        for app, artifact in parts.items()
    ]


def _digests_of(release: Release, app: str) -> dict[str, str]:
    """Return the digests of one part, by container."""
    if not release.artifacts:
        return release.digests
    prefix = f"{app}/"
    names = [name for name in release.digests if name.startswith(prefix)]
    return {name.removeprefix(prefix): release.digests[name] for name in names}


def sighting(
    environment: Environment, target: Target, releases: Sequence[Release]
) -> list[LedgerEntry]:
    """Return what is live as rows of the ledger."""
    live = next((release for release in releases if release.status == "live"), None)
    return rows(environment, target, live, ledger.SEEN, None) if live else []


class Written:
    """What the ledger and the sightings of an environment hold, by app."""

    def __init__(self, environment: Environment) -> None:
        self._verdicts = _by_app(environment.ledger)
        self._sightings = _by_app(environment.sightings)

    def laid_over(self, target: Target, releases: Sequence[Release]) -> tuple[Release, ...]:
        """Apply the newest verdict to a release's status; a live release stays live.

        A sighting proves only that the release was deployed.
        """
        return tuple(self._with_verdicts(target, release) for release in releases)

    def _with_verdicts(self, target: Target, release: Release) -> Release:
        verdicts = _about(target, release, self._verdicts)
        entries = [*_about(target, release, self._sightings), *verdicts]
        known = sightings.laid_over(release, entries, release.artifacts or [target.app])
        known = sightings.with_digests(known, entries)
        if verdicts and known.status != "live":
            return replace(known, status=verdicts[-1].verdict)
        return known


ByApp = Mapping[str, Sequence[tuple[int, LedgerEntry]]]


def _by_app(entries: Sequence[LedgerEntry]) -> ByApp:
    """Group the entries, each with its number: of 1,000 apps every release asks for its own."""
    groups: dict[str, list[tuple[int, LedgerEntry]]] = {}
    for number, entry in enumerate(entries):
        groups.setdefault(entry.app, []).append((number, entry))
    return groups


def _about(target: Target, release: Release, entries: ByApp) -> list[LedgerEntry]:
    """Return the entries about this release, oldest first."""
    locations = {target.where, *target.places}
    apps, ids = {target.app, *release.artifacts}, (release.id, *release.aliases)
    rows = [row for app in apps for row in entries.get(app, ())]
    return [
        entry
        for _, entry in sorted(rows, key=lambda row: row[0])
        if entry.platform == target.platform
        and entry.where in locations
        and entry.release in ids
        and _same(entry, release)
    ]


def _same(entry: LedgerEntry, release: Release) -> bool:
    """Whether an entry is about this release; an id may be reused for other content."""
    artifact = release.artifacts.get(entry.app, release.artifact)
    return entry.artifact is None or artifact is None or entry.artifact == artifact
