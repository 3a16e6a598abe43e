"""Releases from the ledger, git, builds, then local tags: images of the whole project."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Release, Target
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.beside import Beside
from rollback.platforms.docker_compose.definition import files, merged, state_files
from rollback.platforms.docker_compose.engine import containers
from rollback.platforms.docker_compose.engine.images import Images
from rollback.platforms.docker_compose.history import (
    builds,
    candidates,
    comparison,
    git_releases,
    ledger,
    live,
    tags,
)
from rollback.platforms.docker_compose.history.candidates import Candidate
from rollback.settings.environment import Environment
from rollback.shell import Shell

_LISTED = 4  # times the limit: releases that nobody can roll back to are listed, too


def releases(
    environment: Environment, targets: Sequence[Target], shell: Shell, limit: int
) -> list[list[Release]]:
    """Return each target's releases, newest first.

    Raises Unreadable (docker-*, no-compose-file, compose-unparsable).
    """
    return [_limited(_releases(environment, target, shell), limit) for target in targets]


def _limited(releases: Sequence[Release], limit: int) -> list[Release]:
    """Keep the newest `limit` that are usable, with what lies between them."""
    kept: list[Release] = []
    usable = 0
    for release in releases:
        usable += release.skip is None
        if usable <= limit and len(kept) < _LISTED * limit:
            kept.append(release)
    return kept


def _releases(environment: Environment, target: Target, shell: Shell) -> list[Release]:
    project = details.of(target)
    today = files.today(project)
    today.services()  # a file that cannot be read is reported before anything is decided
    with Beside() as beside:
        containers_read = beside.start(containers.of, shell, project.name)
        images_read = beside.start(Images, shell)
        labelled_read = beside.start(builds.labelled, project, shell)
        if not state_files.is_old(project):
            beside.start(merged.existing, shell)  # for the definitions that are put together later
    running, images = containers_read.result(), images_read.result()
    built = builds.read(target, running, images, labelled_read.result(), shell)
    recorded = ledger.recorded(environment.ledger, target, images)
    sighted = ledger.recorded(environment.sightings, target, images)
    by_id = {candidate.release.id: candidate.release for candidate in (*sighted, *recorded)}
    of_git = git_releases.read(git_releases.Known(target, today, images, built, by_id), shell)
    rows = [*(_whole(recorded, target) if of_git else recorded), *of_git]
    rows += _unnamed(sighted, rows, target)
    commits = [candidate.release.made_at or "" for candidate in of_git]
    rows += _unknown(builds.releases(built, target, images, commits), rows, target)
    rows = live.marked(_without_doubles(rows), target, running, images)
    rows = live.replaced_below(rows)
    rows += tags.guesses(target, running, images, rows)
    ordered = sorted(_without_doubles(rows), key=lambda candidate: candidate.order, reverse=True)
    condensed = _condensed([candidate.release for candidate in ordered], target)
    return comparison.compared(condensed, target, today, running, shell)


def _condensed(ordered: Sequence[Release], target: Target) -> list[Release]:
    """Leave out unnamed commits with the images of the release above: other lines changed."""
    kept: list[Release] = []
    for release in ordered:
        content = candidates.content(release, target)
        if _has_name(release) or not kept or content != candidates.content(kept[-1], target):
            kept.append(release)
    return kept


def _has_name(release: Release) -> bool:
    """Whether its id is more than the hash of its commit; the live release is always listed."""
    by_hash = release.commit is not None and release.commit.startswith(release.id)
    return not by_hash or release.status == "live"


def _whole(rows: Sequence[Candidate], target: Target) -> list[Candidate]:
    """Return candidates whose every service was recorded: one record says nothing of others."""
    moving = set(candidates.moving(target))
    return [
        candidate
        for candidate in rows
        if moving.issubset(details.facts(candidate.release).recorded)
    ]


def _unnamed(
    sighted: Sequence[Candidate], known: Sequence[Candidate], target: Target
) -> list[Candidate]:
    """Return sightings with images no other source names.

    A mixture of known images was a deploy under way.
    """
    images = {pair for candidate in known for pair in candidate.release.artifacts.items()}
    return [
        candidate
        for candidate in sighted
        if images.isdisjoint(candidates.content(candidate.release, target).items())
    ]


def _unknown(
    rows: Sequence[Candidate], known: Sequence[Candidate], target: Target
) -> list[Candidate]:
    """Return candidates with images that no other source names together."""
    contents = [
        candidates.content(candidate.release, target)
        for candidate in known
        if not candidate.release.skip
    ]
    return [
        candidate
        for candidate in rows
        if candidates.content(candidate.release, target) not in contents
    ]


def _without_doubles(rows: Sequence[Candidate]) -> list[Candidate]:
    """Keep one release per id: git knows its files, the ledger may know its time better."""
    best: dict[str, Candidate] = {}
    for candidate in rows:
        other = best.get(candidate.release.id)
        if other is None or candidate.release.commit:
            order = candidate.order or (other.order if other else "")
            best[candidate.release.id] = Candidate(candidate.release, order)
    return list(best.values())
