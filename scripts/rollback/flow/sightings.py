"""What was live when somebody looked: a platform may not tell later that a release ever served."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from rollback.records import disk
from rollback.records import exclude
from rollback.records import ledger
from rollback.settings.environment import Environment, LedgerEntry
from rollback.model import Release


def keep(environment: Environment, rows: Sequence[LedgerEntry]) -> None:
    """Write what differs from the last sighting of the same part, if it can be written."""
    last = {_part(entry): entry for entry in environment.sightings}
    news = [row for row in rows if _is_news(row, last.get(_part(row)))]
    if not news:
        return
    with disk.reported_errors(lambda _: None):
        ledger.record(environment.project, news)
        exclude.add(environment.project)


def laid_over(release: Release, entries: Sequence[LedgerEntry], parts: Iterable[str]) -> Release:
    """Mark releases as deployed if sightings or verdicts cover all their parts."""
    if not entries or not {entry.app for entry in entries}.issuperset(parts):
        return release
    finished = (
        replace(release, skip=None, skip_reason="", status="superseded")
        if release.skip == "unfinished"
        else release
    )
    when = finished.deployed_at or finished.description
    return replace(
        finished,
        description=finished.description if when else f"seen live {entries[0].at}",
        guess=False,
        doubt="",
        unproven=False,
    )


def with_digests(release: Release, entries: Sequence[LedgerEntry]) -> Release:
    """Add what ran when somebody looked, the newest last; what runs now is known better."""
    digests: dict[str, str] = {}
    for entry in sorted(entries, key=lambda entry: entry.at):
        prefix = f"{entry.app}/" if release.artifacts else ""
        digests |= {f"{prefix}{name}": image for name, image in entry.digests.items()}
    return replace(release, digests={**digests, **release.digests}) if digests else release


def _is_news(row: LedgerEntry, last: LedgerEntry | None) -> bool:
    if last is None or (last.release, last.artifact) != (row.release, row.artifact):
        return True
    return bool(row.digests) and row.digests != last.digests


def _part(entry: LedgerEntry) -> tuple[str, str, str]:
    return entry.platform, entry.where, entry.app
