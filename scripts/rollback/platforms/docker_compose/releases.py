"""What a project could go back to: the ledger, git, builds, then local tags; each release is the images of the whole project."""

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
    """For each target its releases, newest first. Raises Unreadable (docker-*, no-compose-file, compose-unparsable)."""
    return [_limited(_releases(environment, target, shell), limit) for target in targets]


def _limited(found: Sequence[Release], limit: int) -> list[Release]:
    """Keep the newest `limit` that are usable, with what lies between them."""
    kept: list[Release] = []
    usable = 0
    for release in found:
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
    found = [*(_whole(recorded, target) if of_git else recorded), *of_git]
    found += _unnamed(sighted, found, target)
    found += _unknown(builds.releases(built, target, images), found, target)
    found = live.marked(_without_doubles(found), target, running, images)
    found = live.replaced_below(found)
    found += tags.guesses(target, running, images, found)
    ordered = sorted(_without_doubles(found), key=lambda candidate: candidate.order, reverse=True)
    condensed = _condensed([candidate.release for candidate in ordered], target)
    return comparison.compared(condensed, target, today, running, shell)


def _condensed(ordered: Sequence[Release], target: Target) -> list[Release]:
    """Leave out commits without a name that run what the release above them runs: they only changed other lines."""
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


def _whole(found: Sequence[Candidate], target: Target) -> list[Candidate]:
    """Those of which the ledger recorded every service: a record of one service says nothing of the others."""
    moving = set(candidates.moving(target))
    return [
        candidate
        for candidate in found
        if moving.issubset(details.facts(candidate.release).recorded)
    ]


def _unnamed(
    sighted: Sequence[Candidate], known: Sequence[Candidate], target: Target
) -> list[Candidate]:
    """What was once live, with images that nothing else names. A mixture of known images was a deploy under way."""
    images = {pair for candidate in known for pair in candidate.release.artifacts.items()}
    return [
        candidate
        for candidate in sighted
        if images.isdisjoint(candidates.content(candidate.release, target).items())
    ]


def _unknown(
    found: Sequence[Candidate], known: Sequence[Candidate], target: Target
) -> list[Candidate]:
    """Those with images that no other source names together."""
    contents = [
        candidates.content(candidate.release, target)
        for candidate in known
        if not candidate.release.skip
    ]
    return [
        candidate
        for candidate in found
        if candidates.content(candidate.release, target) not in contents
    ]


def _without_doubles(found: Sequence[Candidate]) -> list[Candidate]:
    """Keep one release for each id: git knows more about it (its files) than the ledger, which may know better when it was."""
    best: dict[str, Candidate] = {}
    for candidate in found:
        other = best.get(candidate.release.id)
        if other is None or candidate.release.commit:
            order = candidate.order or (other.order if other else "")
            best[candidate.release.id] = Candidate(candidate.release, order)
    return list(best.values())
