"""Local tags of the same repositories: guesses, as a tag does not prove a deploy."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from rollback.model import Release, Target
from rollback.platforms.docker_compose.engine.containers import Container
from rollback.platforms.docker_compose.engine.images import Image, Images, split
from rollback.platforms.docker_compose.history import candidates
from rollback.platforms.docker_compose.history.candidates import Candidate

DOUBT = "only a local tag: nothing shows that it was ever deployed"
_NEWER, _OLDER = "~", " "  # a tag newer than what runs sorts above all dates, an older one below


def guesses(
    target: Target, running: Sequence[Container], images: Images, known: Sequence[Candidate]
) -> list[Candidate]:
    """Return, for services that share a tag, the other tags all their repositories have."""
    contents = [candidate.release.artifacts for candidate in known]
    taken = {candidate.release.id for candidate in known}
    guessed: list[Candidate] = []
    for group in _groups(target, running):
        since = _built(group, target, images)
        for tag, tagged in _shared_tags(group, images).items():
            ids = {service: image.id for service, image in tagged.items()}
            artifacts = candidates.live_images(target) | ids
            if artifacts not in contents:
                contents.append(artifacts)
                id = candidates.content_id(artifacts) if tag in taken else tag
                release = _guess(tag, candidates.build(id, artifacts, target, images))
                guessed.append(Candidate(release, _order(tag, tagged, since)))
    return guessed


def _guess(tag: str, release: Release) -> Release:
    description = f"a guess: local tag {tag}"
    return replace(release, version=tag, description=description, guess=True, doubt=DOUBT)


def _order(tag: str, tagged: Mapping[str, Image], since: str) -> str:
    built = max(image.created for image in tagged.values())
    return (_NEWER if built > since else _OLDER) + built + _natural(tag)


def _groups(target: Target, running: Sequence[Container]) -> list[dict[str, str]]:
    """Return groups of services by the tag they started with: service -> repository."""
    moving = candidates.moving(target)
    groups: dict[str, dict[str, str]] = {}
    for container in running:
        repository, tag = split(container.reference)
        if tag and container.service in moving:
            groups.setdefault(tag, {})[container.service] = repository
    return list(groups.values())


def _built(group: dict[str, str], target: Target, images: Images) -> str:
    """Return when the newest image of this group was built."""
    live = candidates.live_images(target)
    return max(
        (image.created for service in group for image in images.tags(live[service])), default=""
    )


def _shared_tags(group: dict[str, str], images: Images) -> dict[str, dict[str, Image]]:
    by_service = {
        service: {image.tag: image for image in images.of(repository)}
        for service, repository in group.items()
    }
    shared = set.intersection(*(set(tags) for tags in by_service.values()))
    return {
        tag: {service: tags[tag] for service, tags in by_service.items()} for tag in sorted(shared)
    }


def _natural(tag: str) -> str:
    """Pad numbers, so that v10 sorts after v9."""
    return re.sub(r"\d+", lambda match: match[0].zfill(12), tag)
