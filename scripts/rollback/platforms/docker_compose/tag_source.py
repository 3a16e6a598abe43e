"""Local tags of the same repositories: guesses, since a tag tells neither when nor whether it was deployed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from rollback.model import Release, Target
from rollback.platforms.docker_compose import candidates
from rollback.platforms.docker_compose.candidates import Candidate
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.local_images import Image, Images, split


def guesses(
    target: Target, running: Sequence[Container], images: Images, known: Sequence[Candidate]
) -> list[Candidate]:
    """For each set of services that share a repository's tag: the other tags that all of their repositories have."""
    contents = [one.release.artifacts for one in known]
    found: list[Candidate] = []
    for group in _groups(target, running):
        since = max(
            (
                one.created
                for service in group
                for one in images.tags(candidates.now(target)[service])
            ),
            default="",
        )
        for tag, picked in _shared(group, images).items():
            artifacts = candidates.now(target) | {
                service: image.id for service, image in picked.items()
            }
            if artifacts not in contents:
                contents.append(artifacts)
                built = max(image.created for image in picked.values())
                release = candidates.build(tag, artifacts, target, images)
                found.append(
                    Candidate(
                        _guess(tag, release),
                        ("~" if built > since else " ") + built + _natural(tag),
                    )
                )
    taken = {one.release.id for one in known}
    return [one if one.release.id not in taken else _renamed(one) for one in found]


def _guess(tag: str, release: Release) -> Release:
    return replace(
        release, version=tag, description=f"a guess: local tag {tag}", facts={"guess": True}
    )


def _renamed(one: Candidate) -> Candidate:
    return Candidate(
        replace(one.release, id=candidates.content_id(one.release.artifacts)), one.order
    )


def _groups(target: Target, running: Sequence[Container]) -> list[dict[str, str]]:
    """Services by the tag they were started with: service -> repository."""
    groups: dict[str, dict[str, str]] = {}
    for one in running:
        repository, tag = split(one.reference)
        if one.service in candidates.moving(target) and tag:
            groups.setdefault(tag, {})[one.service] = repository
    return list(groups.values())


def _shared(group: dict[str, str], images: Images) -> dict[str, dict[str, Image]]:
    by_service = {
        service: {image.tag: image for image in images.of(repository)}
        for service, repository in group.items()
    }
    common = set.intersection(*(set(tags) for tags in by_service.values()))
    return {
        tag: {service: tags[tag] for service, tags in by_service.items()} for tag in sorted(common)
    }


def _natural(tag: str) -> str:
    """v10 after v9."""
    return re.sub(r"\d+", lambda match: match[0].zfill(12), tag)
