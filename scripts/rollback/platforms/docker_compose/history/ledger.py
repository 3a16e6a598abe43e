"""Releases recorded in the ledger, by content: a tag pushed again names several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from rollback.model import Target
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.details import Facts
from rollback.platforms.docker_compose.engine.images import Images
from rollback.platforms.docker_compose.history import candidates
from rollback.platforms.docker_compose.history.candidates import Candidate
from rollback.settings.environment import LedgerEntry


def recorded(entries: Sequence[LedgerEntry], target: Target, images: Images) -> list[Candidate]:
    """Return a candidate for each id and content; the newest content keeps the id.

    Services that were not recorded are taken as they run now.
    """
    records = [entry for entry in entries if entry.artifact and _is_about(entry, target)]
    candidates = []
    for id in dict.fromkeys(entry.release for entry in records):
        contents = list(_contents([entry for entry in records if entry.release == id]))
        *older, newest = (_candidate(lines, target, images) for lines in contents)
        candidates += [*map(_renamed, older), newest]
    return candidates


def _is_about(entry: LedgerEntry, target: Target) -> bool:
    return (entry.platform, entry.where) == (target.platform, target.where)


def _contents(lines: Sequence[LedgerEntry]) -> Iterator[list[LedgerEntry]]:
    """Split the lines about one id where a service has another image than before."""
    group: list[LedgerEntry] = []
    for entry in lines:
        if any(member.app == entry.app and member.artifact != entry.artifact for member in group):
            yield group
            group = []
        group.append(entry)
    yield group


def _candidate(lines: Sequence[LedgerEntry], target: Target, images: Images) -> Candidate:
    """Return a candidate ordered by its last deployment, not by a rollback to it."""
    deployed = [entry.at for entry in lines if entry.run is None] or [lines[0].at]
    running = details.of(target).services.running
    parts = {entry.app: entry.artifact or "" for entry in lines if entry.app in running}
    artifacts = candidates.live_images(target) | parts
    release = candidates.build(lines[0].release, artifacts, target, images, deployed[-1])
    facts = Facts(recorded=tuple(sorted(parts)))
    return Candidate(replace(release, facts=facts), deployed[-1])


def _renamed(candidate: Candidate) -> Candidate:
    """Rename an older content whose id now names a newer one."""
    release = candidate.release
    id = candidates.content_id(release.artifacts)
    return replace(candidate, release=replace(release, id=id, aliases=(release.id,)))
