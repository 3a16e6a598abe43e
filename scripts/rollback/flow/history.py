"""List the releases to roll back to: platform facts, with the ledger's verdicts on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from rollback.clock import now
from rollback.errors import NothingToRollBackTo, RollbackError, Usage
from rollback.flow import choose, sightings
from rollback.flow import site as sites
from rollback.flow.site import Site, Source
from rollback.model import Finding, Move, Release, Target
from rollback.records import ledger
from rollback.settings import environment as environments
from rollback.settings import load as settings
from rollback.settings.environment import Environment, LedgerEntry

LIMIT = 50  # releases per target: enough to look past a bad week
SHOWN = ("id", "version", "status", "deployed_at", "made_at", "artifact", "commit", "description")


class TargetHistory(Struct, frozen=True):
    target: Target
    releases: tuple[Release, ...]  # newest first


class ComponentHistory(Struct, frozen=True):
    source: Source
    targets: tuple[TargetHistory, ...]


class History(Struct, frozen=True):
    site: Site
    components: tuple[ComponentHistory, ...]

    @property
    def targets(self) -> tuple[TargetHistory, ...]:
        return tuple(row for component in self.components for row in component.targets)

    @property
    def findings(self) -> list[Finding]:
        """Return findings about the live releases."""
        live = [release for row in self.targets for release in row.releases]
        return [
            finding for release in live if release.status == "live" for finding in release.findings
        ]


def read(site: Site, apps: Sequence[str] = (), sighted: bool = True) -> History:
    """Read the releases of every component; with `sighted`, record what is live.

    Raises NothingToRollBackTo (nothing-deployed), Unreadable.
    """
    if len(site.sources) == 1:
        return History(site, (_component(site.sources[0], apps, sighted),))
    with ThreadPoolExecutor(len(site.sources)) as beside:
        reads = [beside.submit(_component, source, apps, sighted) for source in site.sources]
        return History(site, tuple(reading.result() for reading in reads))


def _component(source: Source, apps: Sequence[str], sighted: bool) -> ComponentHistory:
    environment = source.environment
    if apps:  # an adapter may have to know that a part was asked for by name
        environment = replace(environment, settings=replace(environment.settings, apps=tuple(apps)))
    targets = source.platform.targets(environment, source.shell)
    if not targets:
        message = f"{source.platform.TITLE} runs nothing for {environment.name}"
        raise NothingToRollBackTo("nothing-deployed", message, "deploy once first")
    chosen = _named(source, targets, environment.settings.apps or ())
    rows = source.platform.releases(source.environment, chosen, source.shell, LIMIT)
    pairs = list(zip(chosen, rows, strict=True))
    if sighted:
        news = [row for target, releases in pairs for row in _sighting(source, target, releases)]
        sightings.keep(source.environment, news)
    return ComponentHistory(
        source,
        tuple(
            TargetHistory(target, _with_ledger(target, releases, source.environment))
            for target, releases in pairs
        ),
    )


def remembered(site: Site, apps: Sequence[str] = (), again: bool = False) -> dict[str, Any]:
    """Return the history as JSON, at most five minutes old.

    The cache key identifies the account, cluster or engine.
    """
    import cache

    apps = limit(site, apps)
    keys = [site.environment.name]
    known: set[str] = set()
    for source in site.sources:
        targets = source.platform.targets(source.environment, source.shell)
        known |= {source.component, *(target.app for target in targets)}
        chosen = _named(source, targets, apps)
        keys += [source.id, *(f"{target.where}#{target.app}" for target in chosen)]
    if not known.issuperset(apps):
        refuse_unknown(apps, read(site, apps))
    memory = cache.history(site.environment.project)
    facts = memory.recall("|".join(keys), lambda: as_json(read(site, apps)), again=again)
    return {**facts.value, "cached_seconds": facts.age}


def limit(site: Site, apps: Sequence[str]) -> tuple[str, ...]:
    """Return the applications named on the command line, else in the settings; () is all."""
    return tuple(apps or site.environment.settings.apps or ())


def refuse_unknown(apps: Sequence[str], history: History, also: Sequence[str] = ()) -> None:
    """Check names given with --app against components, targets and parts.

    Raises Usage (unknown-app).
    """
    releases = [release for row in history.targets for release in row.releases]
    parts = {part for release in releases for part in release.artifacts}
    known = {row.target.app for row in history.targets} | parts | set(also)
    components = {source.component for source in history.site.sources}
    if unknown := [app for app in apps if app not in known | components]:
        message = f"no application {', '.join(unknown)} here (known: {', '.join(sorted(known))})"
        raise Usage("unknown-app", message, "name one of these")


def as_json(history: History) -> dict[str, Any]:
    several = len(history.targets) > 1
    rows = [
        {
            **{name: getattr(release, name) for name in SHOWN},
            **({"app": row.target.app, "component": row.target.component} if several else {}),
        }
        for row in history.targets
        for release in row.releases
    ]
    return {
        "environment": history.site.environment.name,
        "platform": history.site.title,
        "releases": to_builtins(rows),
    }


def knows(project: Path, words: Sequence[str], word: str) -> bool:
    """Whether `word`, which does not look like one, is a release id or version.

    False when nothing can be read.
    """
    try:
        known = settings.load(project)
        names = (environments.named(known, other) for other in words)
        rows = remembered(sites.find(project, next(filter(None, names), None)))["releases"]
    except RollbackError:
        return False
    return any(word in (row["id"], row["version"]) for row in rows)


def forget(project: Path) -> None:
    """Drop what was remembered: a deployment or a rollback has changed it."""
    import cache

    cache.history(project).forget()


def standing(history: History) -> list[Move]:
    """Return what serves now as moves to itself, for health checks and the ledger."""
    live = ((row.target, choose.live(row.releases)) for row in history.targets)
    return [Move(target, release, release) for target, release in live]


def ledger_rows(
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
        )
        for app, artifact in parts.items()
    ]


def _sighting(source: Source, target: Target, releases: Sequence[Release]) -> list[LedgerEntry]:
    live = next((release for release in releases if release.status == "live"), None)
    return ledger_rows(source.environment, target, live, ledger.SEEN, None) if live else []


def _named(source: Source, targets: Sequence[Target], apps: Sequence[str]) -> list[Target]:
    """Select the named targets; names of parts are left to the plan, which knows the moves."""
    if source.component in apps:
        return list(targets)
    return [target for target in targets if target.app in apps] or list(targets)


def _with_ledger(
    target: Target, releases: Sequence[Release], environment: Environment
) -> tuple[Release, ...]:
    """Apply the newest verdict to a release's status; a live release stays live.

    A sighting proves only that the release was deployed.
    """

    def laid_over(release: Release) -> Release:
        verdicts = _about(target, release, environment.ledger)
        entries = [*_about(target, release, environment.sightings), *verdicts]
        known = sightings.laid_over(release, entries, release.artifacts or [target.app])
        if verdicts and known.status != "live":
            return replace(known, status=verdicts[-1].verdict)
        return known

    return tuple(map(laid_over, releases))


def _about(target: Target, release: Release, entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """Return the entries about this release, oldest first."""
    locations = {target.where, *target.places}
    apps, ids = {target.app, *release.artifacts}, (release.id, *release.aliases)
    return [
        entry
        for entry in entries
        if entry.platform == target.platform
        and entry.where in locations
        and entry.release in ids
        and entry.app in apps
        and _same(entry, release)
    ]


def _same(entry: LedgerEntry, release: Release) -> bool:
    """Whether an entry is about this release; an id may be reused for other content."""
    artifact = release.artifacts.get(entry.app, release.artifact)
    return entry.artifact is None or artifact is None or entry.artifact == artifact
