"""A release that is named by its id, and is not among those that were read: asked for by itself."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rollback.errors import RollbackError
from rollback.flow import choose, commits, decide, ledgered
from rollback.flow.history import ComponentHistory, History, TargetHistory
from rollback.model import Release


def with_named(known: History, wanted: str) -> History:
    """Return the history with the release that is named. Raises Usage, Unreadable."""
    if wanted == "previous":
        return known
    rows = tuple(_component(known, component, wanted) for component in known.components)
    return replace(known, components=rows)


def _component(known: History, component: ComponentHistory, wanted: str) -> ComponentHistory:
    if not decide.is_named(known, component):
        return component
    try:
        rows = tuple(_target(component, row, wanted) for row in component.targets)
    except RollbackError as error:
        message = known.site.label(component.source, error.message)
        raise type(error)(error.code, message, error.fix) from None
    return replace(component, targets=rows)


def _target(component: ComponentHistory, row: TargetHistory, wanted: str) -> TargetHistory:
    if choose.hits(row.releases, wanted):
        return row
    source = component.source
    release = source.platform.look_up(row.target, row.releases, wanted, source.shell)
    if release is None:
        return row
    ((_, named),) = commits.named(source.environment.project, [(row.target, [release])])
    (written,) = ledgered.Written(source.environment).laid_over(row.target, named)
    return replace(row, releases=tuple(_placed(row.releases, written, wanted)))


def _placed(releases: Sequence[Release], release: Release, wanted: str) -> list[Release]:
    """Return them with it where its time puts it; one that was read has one name more."""
    if any(row.id == release.id for row in releases):
        return [_also(row, wanted) if row.id == release.id else row for row in releases]
    made = _made(release)
    older = (at for at, row in enumerate(releases) if made and _made(row) and _made(row) < made)
    at = next(older, len(releases))
    return [*releases[:at], _also(release, wanted), *releases[at:]]


def _also(release: Release, name: str) -> Release:
    return replace(release, aliases=(*release.aliases, name))


def _made(release: Release) -> str:
    return release.made_at or release.deployed_at or ""
