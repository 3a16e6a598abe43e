"""List the releases to roll back to: platform facts, with the ledger's verdicts on top."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from rollback.errors import NothingToRollBackTo, RollbackError
from rollback.flow import choose, commits, ledgered, sightings
from rollback.flow import selection as selections
from rollback.flow import site as sites
from rollback.flow.selection import Selection
from rollback.flow.site import Site, Source
from rollback.model import Finding, Move, Release, Target
from rollback.settings import environment as environments
from rollback.settings import load as settings

LIMIT = 50  # releases per target: enough to look past a bad week
SHOWN = ("id", "version", "status", "deployed_at", "made_at", "artifact", "commit", "description")


class TargetHistory(Struct, frozen=True):
    target: Target
    releases: tuple[Release, ...]  # newest first


class ComponentHistory(Struct, frozen=True):
    source: Source
    targets: tuple[TargetHistory, ...]


class History(Struct, frozen=True):
    """The components that were read: those that the selection may be about."""

    selection: Selection
    components: tuple[ComponentHistory, ...]

    @property
    def site(self) -> Site:
        return self.selection.site

    @property
    def targets(self) -> tuple[TargetHistory, ...]:
        return tuple(row for component in self.components for row in component.targets)

    @property
    def findings(self) -> list[Finding]:
        """Return findings about the live releases."""
        return [
            replace(finding, message=self.site.label(component.source, finding.message))
            for component in self.components
            for row in component.targets
            for release in row.releases
            if release.status == "live"
            for finding in release.findings
        ]


def read(selection: Selection, sighted: bool = True) -> History:
    """Read the releases of the selected components; with `sighted`, record what is live.

    Raises NothingToRollBackTo (nothing-deployed), Unreadable.
    """
    sources = selection.sources()
    if len(sources) == 1:
        return History(selection, (_read(selection, sources[0], sighted),))
    with ThreadPoolExecutor(len(sources)) as beside:
        reads = [beside.submit(_read, selection, source, sighted) for source in sources]
        components = tuple(reading.result() for reading in reads)
    return History(selection, components)


def _read(selection: Selection, source: Source, sighted: bool) -> ComponentHistory:
    """Read one component; its errors say which where there are several."""
    try:
        return _component(selection, source, sighted)
    except RollbackError as error:
        message = selection.site.label(source, error.message)
        raise type(error)(error.code, message, error.fix) from None


def _component(selection: Selection, source: Source, sighted: bool) -> ComponentHistory:
    environment = source.environment
    names = selection.names(source)
    if names:  # an adapter may have to know that a part was asked for by name
        environment = replace(environment, settings=replace(environment.settings, apps=names))
    targets = source.platform.targets(environment, source.shell)
    if not targets:
        message = f"{source.platform.TITLE} runs nothing for {environment.name}"
        raise NothingToRollBackTo("nothing-deployed", message, "deploy once first")
    chosen = selection.targets(source, targets)
    rows = source.platform.releases(source.environment, chosen, source.shell, LIMIT)
    pairs = commits.named(environment.project, list(zip(chosen, rows, strict=True)))
    if sighted:
        news = [
            row
            for target, releases in pairs
            for row in ledgered.sighting(source.environment, target, releases)
        ]
        sightings.keep(source.environment, news)
    written = ledgered.Written(source.environment)
    return ComponentHistory(
        source,
        tuple(
            TargetHistory(target, written.laid_over(target, releases)) for target, releases in pairs
        ),
    )


def remembered(selection: Selection, again: bool = False) -> dict[str, Any]:
    """Return the history as JSON, at most five minutes old.

    The cache key identifies the account, cluster or engine.
    """
    import cache

    environment = selection.site.environment
    keys = [environment.name]
    known: list[tuple[str, str]] = []
    for source in selection.sources():
        targets = source.platform.targets(source.environment, source.shell)
        known += [(source.component, target.app) for target in targets]
        chosen = selection.targets(source, targets)
        keys += [source.component, source.id, *(f"{row.where}#{row.app}" for row in chosen)]
    names = {app for pair in known for app in (pair[1], "/".join(pair))}
    components = {source.component for source in selection.site.sources}
    if not (names | components).issuperset(selection.apps):
        refuse_unknown(read(selection))
    memory = cache.history(environment.project)
    facts = memory.recall("|".join(keys), lambda: as_json(read(selection)), again=again)
    return {**facts.value, "cached_seconds": facts.age}


def refuse_unknown(history: History, moves: Sequence[Move] = ()) -> None:
    """Check what --app names against targets, parts and moves. Raises Usage (unknown-app)."""
    rows = [(row.target.component, row) for row in history.targets]
    known = [(component, row.target.app) for component, row in rows]
    known += [
        (component, part)
        for component, row in rows
        for release in row.releases
        for part in release.artifacts
    ]
    known += [(move.target.component, move.target.app) for move in moves]
    history.selection.refuse_unknown(known)


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
        site = sites.find(project, next(filter(None, names), None))
        rows = remembered(selections.of(site, ()))["releases"]
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
