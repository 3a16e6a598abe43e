"""The live release: the newest candidate with the running images, or a new one."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rollback.model import Release, Target
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.engine.containers import Container
from rollback.platforms.docker_compose.engine.images import Images, split
from rollback.platforms.docker_compose.history import candidates
from rollback.platforms.docker_compose.history.candidates import Candidate


def marked(
    releases: Sequence[Candidate], target: Target, running: Sequence[Container], images: Images
) -> list[Candidate]:
    """Mark one candidate as live, or add one."""
    since = _since(running, candidates.moving(target))
    usable = [candidate for candidate in releases if not candidate.release.skip]
    same = [candidate for candidate in usable if candidates.is_running(candidate.release, target)]
    whole = [candidate for candidate in same if not details.facts(candidate.release).lacks]
    if not whole:
        order = _order_of_mixture(releases, target) or since
        release = _from_containers(releases, target, running, images, since)
        return [*releases, Candidate(release, order)]
    live = max(whole, key=lambda candidate: candidate.order)
    release = replace(live.release, status="live", deployed_at=since)
    return [
        Candidate(release, candidate.order or since) if candidate is live else candidate
        for candidate in releases
    ]


def replaced_below(releases: Sequence[Candidate]) -> list[Candidate]:
    """Order images that a commit ran before its tag was rebuilt below those it runs now."""
    live = next(candidate for candidate in releases if candidate.release.status == "live")
    below = f"{live.order.rpartition(' ')[0] or live.order} 000000"
    return [
        replace(candidate, order=f"{below} {candidate.order}")
        if live.release.id in candidate.release.aliases
        else candidate
        for candidate in releases
    ]


def _since(running: Sequence[Container], moving: Sequence[str]) -> str:
    started = [
        container.created for container in running if container.service in moving or not moving
    ]
    return f"{max(started)[:19]}Z"


def _order_of_mixture(releases: Sequence[Candidate], target: Target) -> str:
    """Return the order of a mixture of releases: its newest; what is older lies before it.

    "" where an image belongs to none of them. Sorting keeps equal orders as they are, so the live
    release stands right below it.
    """
    moving, introduced = candidates.moving(target), []
    for service, image in candidates.live_images(target).items():
        if service in moving:
            orders = [
                candidate.order
                for candidate in releases
                if candidate.release.artifacts.get(service) == image
            ]
            if not orders:
                return ""
            introduced.append(min(orders))
    return max(introduced, default="")


def _from_containers(
    releases: Sequence[Candidate],
    target: Target,
    running: Sequence[Container],
    images: Images,
    since: str,
) -> Release:
    artifacts = candidates.live_images(target)
    tag = _tag(running, target) or candidates.version(artifacts, target, images)
    taken = {candidate.release.id for candidate in releases}
    return Release(
        id=tag if tag and tag not in taken else candidates.content_id(artifacts),
        version=tag,
        status="live",
        deployed_at=since,
        artifact=candidates.short(artifacts),
        artifacts=artifacts,
    )


def _tag(running: Sequence[Container], target: Target) -> str | None:
    """Return the tag that the moving services were started with, when all have the same."""
    moving = candidates.moving(target)
    tags = {
        split(container.reference)[1] for container in running if container.service in moving
    } - {"latest"}
    return tags.pop() or None if len(tags) == 1 else None
