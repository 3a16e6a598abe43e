"""A release before it has its place among the others: the images of the whole project, and when it was."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from msgspec import Struct

from rollback.model import Release, Target
from rollback.platforms.docker_compose import roles
from rollback.platforms.docker_compose.local_images import Images


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
    """A release; `artifact-gone` when the engine no longer has an image that it would need."""
    alone = roles.left_alone(target.details)
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


def now(target: Target) -> dict[str, str]:
    """Service -> the image that runs."""
    return {service: ids[0] for service, ids in target.details["running"].items()}


def moving(target: Target) -> list[str]:
    """Services that run and that a rollback may move."""
    alone = roles.left_alone(target.details)
    return [service for service in target.details["running"] if service not in alone]


def same(release: Release, target: Target) -> bool:
    """Would it change no image? A positive answer for every service that a rollback moves; one that a release does
    not have at all is none of its own, but then something else of it must run.
    """
    known = [service for service in moving(target) if service not in release.facts.get("lacks", ())]
    return bool(known) and all(_runs(service, release, target) for service in known)


def _runs(service: str, release: Release, target: Target) -> bool:
    """All containers of a service run this release's image."""
    running: list[str] = target.details["running"].get(service, [])
    return running == [release.artifacts.get(service)]


def content(release: Release, target: Target) -> dict[str, str | None]:
    """Service -> image, of the services that a rollback moves."""
    return {service: release.artifacts.get(service) for service in moving(target)}


def version(artifacts: Mapping[str, str], target: Target, images: Images) -> str | None:
    """The image tag that all moving services share; None when they differ, have none, or have several."""
    shared = [
        {image.tag for image in images.tags(artifacts[service])}
        for service in moving(target)
        if service in artifacts
    ]
    common = sorted(set.intersection(*shared) - {"latest"}) if shared else []
    return common[0] if len(common) == 1 else None


def content_id(artifacts: Mapping[str, str]) -> str:
    text = "\n".join(f"{service}={artifact}" for service, artifact in sorted(artifacts.items()))
    return f"img-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def short(artifacts: Mapping[str, str]) -> str | None:
    """One id whole; several in short form."""
    if len(set(artifacts.values())) == 1:
        return next(iter(artifacts.values()))
    return (
        " ".join(
            f"{service}={artifact.removeprefix('sha256:')[:12]}"
            for service, artifact in sorted(artifacts.items())
        )
        or None
    )
