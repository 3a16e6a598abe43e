"""Releases that our own ledger recorded, by content: a tag that is pushed again and again names several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from rollback.settings.environment import LedgerEntry
from rollback.model import Target
from rollback.platforms.docker_compose import candidates
from rollback.platforms.docker_compose.candidates import Candidate
from rollback.platforms.docker_compose.local_images import Images


def recorded(entries: Sequence[LedgerEntry], target: Target, images: Images) -> list[Candidate]:
    """One candidate per id and content; the newest content keeps the id. Parts that were not recorded were as they are now."""
    ours = [
        entry
        for entry in entries
        if entry.platform == target.platform and entry.where == target.where and entry.artifact
    ]
    found = []
    for id in dict.fromkeys(entry.release for entry in ours):
        contents = list(_contents([entry for entry in ours if entry.release == id]))
        found += [
            _candidate(lines, target, images, last=lines is contents[-1]) for lines in contents
        ]
    return found


def _contents(lines: Sequence[LedgerEntry]) -> Iterator[list[LedgerEntry]]:
    """Lines about one id, split where a part has another artifact than before."""
    group: list[LedgerEntry] = []
    for entry in lines:
        if any(one.app == entry.app and one.artifact != entry.artifact for one in group):
            yield group
            group = []
        group.append(entry)
    yield group


def _candidate(
    lines: Sequence[LedgerEntry], target: Target, images: Images, last: bool
) -> Candidate:
    """Its place is that of its last deployment, not of a rollback to it."""
    at = ([entry.at for entry in lines if entry.run is None] or [lines[0].at])[-1]
    parts = {
        entry.app: entry.artifact or "" for entry in lines if entry.app in target.details["running"]
    }
    release = candidates.build(
        lines[0].release, candidates.now(target) | parts, target, images, deployed_at=at
    )
    release = replace(release, facts={"recorded": sorted(parts)})
    if not last:
        release = replace(
            release, id=candidates.content_id(release.artifacts), aliases=(release.id,)
        )
    return Candidate(release, at)
