"""What could we go back to? Platform facts with the ledger's verdicts laid over them, once, for every platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from rollback.settings import environment as environments
from rollback.records import ledger
from rollback.settings import model as settings
from rollback.contracts import rolls_back
from rollback.detection.model import Detection
from rollback.settings.environment import Environment, LedgerEntry
from rollback.errors import NothingToRollBackTo, RollbackError, Usage
from rollback.flow import choose, detect, sightings
from rollback.model import Finding, Move, Release, Target
from rollback.platforms import platforms
from rollback.shell import Shell

LIMIT = 50  # releases per target: enough to see past a bad week
SHOWN = ("id", "version", "status", "deployed_at", "made_at", "artifact", "commit", "description")


class Place(Struct, frozen=True):
    """Where a rollback happens: the environment and the adapter that serves it. Nothing has been read yet."""

    environment: Environment
    id: str
    adapter: ModuleType
    shell: Shell
    findings: tuple[Finding, ...] = ()


class History(Struct, frozen=True):
    place: Place
    targets: tuple[Target, ...]
    releases: tuple[tuple[Release, ...], ...]  # for each target, newest first


def place(
    project: Path, name: str | None, again: bool = False, options: tuple[str, ...] = ()
) -> Place:
    """Resolve the environment and its platform. Raises Usage (no-platform, no-adapter) and what settings raise."""
    environment = environments.resolve(project, settings.load(project), name)
    found = detect.run(project, again)
    id, evidence = detect.best(found, environment.settings.platform)
    if id not in platforms.ids or not rolls_back(platforms[id]):
        able = ", ".join(known for known, module in platforms if rolls_back(module))
        message = f"{id} is recognised, but this version cannot roll it back (it can: {able})"
        raise Usage("no-adapter", message, "go back with the platform's own tool")
    known = ledger.read(project, environment.name)
    verdicts = tuple(entry for entry in known if entry.verdict != ledger.SEEN)
    seen = tuple(entry for entry in known if entry.verdict == ledger.SEEN)
    environment = replace(
        environment, evidence=evidence, ledger=verdicts, sightings=seen, options=options
    )
    return Place(
        environment, id, platforms[id], Shell(project), tuple(_assumptions(environment, id, found))
    )


def read(where: Place, apps: Sequence[str] = (), sighted: bool = True) -> History:
    """Ask the platform; `sighted`: keep what is live as a sighting. Raises NothingToRollBackTo (nothing-deployed), Unreadable."""
    environment = where.environment
    if apps:  # an adapter may have to know that a part was asked for by name
        environment = replace(environment, settings=replace(environment.settings, apps=tuple(apps)))
    targets = where.adapter.targets(environment, where.shell)
    if not targets:
        raise NothingToRollBackTo(
            "nothing-deployed",
            f"{where.adapter.TITLE} runs nothing for {where.environment.name}",
            "deploy once first",
        )
    chosen = _only(targets, environment.settings.apps or ())
    rows = where.adapter.releases(where.environment, chosen, where.shell, LIMIT)
    pairs = list(zip(chosen, rows, strict=True))
    if sighted:
        sightings.keep(
            where.environment,
            [row for target, found in pairs for row in _sighting(where.environment, target, found)],
        )
    told = [
        finding
        for found in rows
        for release in found
        if release.status == "live"
        for finding in release.facts.get("findings", ())
    ]
    laid_over = tuple(_with_ledger(target, found, where.environment) for target, found in pairs)
    return History(replace(where, findings=(*where.findings, *told)), tuple(chosen), laid_over)


def remembered(where: Place, apps: Sequence[str] = (), again: bool = False) -> dict[str, Any]:
    """The history as JSON, at most five minutes old; the key holds what identifies the account, cluster or engine."""
    import cache

    apps = limit(where, apps)
    targets = _only(where.adapter.targets(where.environment, where.shell), apps)
    if not {target.app for target in targets}.issuperset(apps):
        refuse_unknown(apps, read(where, apps))
    key = "|".join(
        [where.environment.name, where.id, *(f"{target.where}#{target.app}" for target in targets)]
    )
    found = cache.history(where.environment.project).recall(
        key, lambda: as_json(read(where, apps)), again=again
    )
    return {**found.value, "cached_seconds": found.age}


def limit(where: Place, apps: Sequence[str]) -> tuple[str, ...]:
    """The applications that the command line names, else those of the settings; () is all."""
    return tuple(apps or where.environment.settings.apps or ())


def refuse_unknown(apps: Sequence[str], history: History, also: Sequence[str] = ()) -> None:
    """Names must be targets, their parts, or what else is known. Raises Usage (unknown-app)."""
    parts = {
        part for releases in history.releases for release in releases for part in release.artifacts
    }
    known = {target.app for target in history.targets} | parts | set(also)
    if unknown := [app for app in apps if app not in known]:
        raise Usage(
            "unknown-app",
            f"no application {', '.join(unknown)} here (there are: {', '.join(sorted(known))})",
            "name one of these",
        )


def as_json(history: History) -> dict[str, Any]:
    several = len(history.targets) > 1
    rows = [
        {
            **{name: getattr(release, name) for name in SHOWN},
            **({"app": target.app} if several else {}),
        }
        for target, releases in zip(history.targets, history.releases, strict=True)
        for release in releases
    ]
    return {
        "environment": history.place.environment.name,
        "platform": history.place.id,
        "releases": to_builtins(rows),
    }


def knows(project: Path, words: Sequence[str], word: str) -> bool:
    """Is `word` (which does not look like one) the id or version of a release here? False where nothing can be read."""
    try:
        name = next(
            (found for one in words if (found := environments.named(settings.load(project), one))),
            None,
        )
        rows = remembered(place(project, name))["releases"]
    except RollbackError:
        return False
    return any(word in (row["id"], row["version"]) for row in rows)


def forget(project: Path) -> None:
    """Drop what was remembered: a deployment or a rollback has changed it."""
    import cache

    cache.history(project).forget()


def standing(history: History) -> list[Move]:
    """What serves now, as moves that go nowhere: for health checks and for the ledger."""
    pairs = zip(history.targets, history.releases, strict=True)
    return [Move(target, now, now) for target, releases in pairs for now in [choose.live(releases)]]


def ledger_rows(
    environment: Environment, target: Target, release: Release, verdict: str, run: str | None
) -> list[LedgerEntry]:
    """What the ledger keeps of one release: a line for each of its parts."""
    from rollback.clock import now

    parts: Mapping[str, str | None] = release.artifacts or {target.app: release.artifact}
    return [
        LedgerEntry(
            now(),
            environment.name,
            target.platform,
            target.where,
            app,
            release.id,
            artifact,
            verdict,
            run,
        )
        for app, artifact in parts.items()
    ]


def _sighting(
    environment: Environment, target: Target, releases: Sequence[Release]
) -> list[LedgerEntry]:
    live = next((release for release in releases if release.status == "live"), None)
    return ledger_rows(environment, target, live, ledger.SEEN, None) if live else []


def _only(targets: Sequence[Target], apps: Sequence[str]) -> list[Target]:
    """The targets named; names of parts (services, hosts) are left to the plan, which knows the moves."""
    named = [target for target in targets if target.app in apps]
    return named or list(targets)


def _with_ledger(
    target: Target, releases: Sequence[Release], environment: Environment
) -> tuple[Release, ...]:
    """The newest verdict about a release decides its status; what is live stays live. A sighting only proves that it was deployed."""

    def laid_over(release: Release) -> Release:
        verdicts = _about(target, release, environment.ledger)
        entries = [*_about(target, release, environment.sightings), *verdicts]
        known = sightings.laid_over(release, entries, release.artifacts or [target.app])
        return (
            replace(known, status=verdicts[-1].verdict)
            if verdicts and known.status != "live"
            else known
        )

    return tuple(map(laid_over, releases))


def _about(target: Target, release: Release, entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """The entries about this release, oldest first."""
    wheres = {target.where, *target.details.get("places", ())}
    apps, ids = {target.app, *release.artifacts}, (release.id, *release.aliases)
    return [
        entry
        for entry in entries
        if entry.platform == target.platform
        and entry.where in wheres
        and entry.release in ids
        and entry.app in apps
        and _same(entry, release)
    ]


def _same(entry: LedgerEntry, release: Release) -> bool:
    """An id that now names other content (a platform counted from one again) is another release."""
    artifact = release.artifacts.get(entry.app, release.artifact)
    return entry.artifact is None or artifact is None or entry.artifact == artifact


def _assumptions(environment: Environment, id: str, found: Detection) -> list[Finding]:
    notes = []
    if environment.assumed:
        guard = (
            "protected"
            if environment.protected
            else "not protected; without settings every name means this same target"
        )
        message = f"no settings: environment {environment.name} ({guard}) on {id} is assumed from the files"
        notes.append(Finding("note", "assumed-environment", message))
    others = [one.platform for one in found.platforms if one.platform != id and one.adapter]
    if others and not environment.settings.platform:
        message = f"also found: {', '.join(dict.fromkeys(others))}"
        notes.append(
            Finding("note", "other-platforms", message, "name one with platform: in the settings")
        )
    return notes
