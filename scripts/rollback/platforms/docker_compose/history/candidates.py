"""A release before it is ordered: the images of the whole project, and a time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from msgspec import Struct

from rollback.model import Release, Target
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.engine.images import Images
from rollback.platforms.docker_compose.services import roles


class Candidate(Struct, frozen=True):
    """`order` sorts by time, newest highest."""

    release: Release
    order: str


def build(
    id: str,
    artifacts: Mapping[str, str],
    target: Target,
    images: Images,
    deployed_at: str | None = None,
) -> Release:
    """Make a release; `artifact-gone` when the engine no longer has an image that it would need."""
    alone = roles.left_alone(details.of(target).services)
    gone = sorted(
        f"{service} {artifact[7:19]}"
        for service, artifact in artifacts.items()
        if service not in alone and artifact not in images.ids
    )
    return Release(
        id=id,
        version=version(artifacts, target, images),
        deployed_at=deployed_at,
        artifact=short(artifacts),
        artifacts=dict(artifacts),
        skip="artifact-gone" if gone else None,
        skip_reason=f"no longer on this engine: {', '.join(gone)}" if gone else "",
    )


def live_images(target: Target) -> dict[str, str]:
    """Return service -> the running image."""
    running = details.of(target).services.running
    return {service: images[0] for service, images in running.items()}


def moving(target: Target) -> list[str]:
    """Return the services that run and that a rollback may move."""
    return roles.moving(details.of(target).services)


def is_running(release: Release, target: Target) -> bool:
    """Whether it would change no image: every service that a rollback moves runs its image already.

    A service that the release does not have is left out, but then another one must run.
    """
    lacks = details.facts(release).lacks
    known = [service for service in moving(target) if service not in lacks]
    running = details.of(target).services.running
    return bool(known) and all(
        running[service] == [release.artifacts.get(service)] for service in known
    )


def content(release: Release, target: Target) -> dict[str, str | None]:
    """Return service -> image, of the services that a rollback moves."""
    return {service: release.artifacts.get(service) for service in moving(target)}


def version(artifacts: Mapping[str, str], target: Target, images: Images) -> str | None:
    """Return the image tag that all moving services share; None for none or several."""
    tags = [
        {image.tag for image in images.tags(artifacts[service])}
        for service in moving(target)
        if service in artifacts
    ]
    shared = sorted(set.intersection(*tags) - {"latest"}) if tags else []
    return shared[0] if len(shared) == 1 else None


def content_id(artifacts: Mapping[str, str]) -> str:
    """Return an id for a release that has no name: it stands for its images."""
    text = "\n".join(f"{service}={artifact}" for service, artifact in sorted(artifacts.items()))
    return f"img-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def short(artifacts: Mapping[str, str]) -> str | None:
    """Describe images: a single id in full, several in short form."""
    if len(set(artifacts.values())) == 1:
        return next(iter(artifacts.values()))
    parts = (
        f"{service}={artifact.removeprefix('sha256:')[:12]}"
        for service, artifact in sorted(artifacts.items())
    )
    return " ".join(parts) or None
