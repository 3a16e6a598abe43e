"""What has to move: every host that does not serve the wanted release yet."""

from __future__ import annotations

from msgspec.structs import replace

from rollback.model import Move, Release, Target
from rollback.platforms.release_folders import details
from rollback.platforms.release_folders.details import Details, HostDetails


def moves(target: Target, current: Release, to: Release) -> list[Move]:
    """Return one move per host that serves another release."""
    hosts = details.of(target).hosts
    return [
        Move(
            _on_host(target, host, to),
            replace(_live(host, current), artifacts={}),
            replace(to, artifacts={}),
        )
        for host in hosts
        if host.live != to.id
    ]


def _live(host: HostDetails, current: Release) -> Release:
    """Return the release that this host serves; hosts may disagree."""
    if host.live == current.id:
        return current
    return Release(host.live, status="live", artifact=host.revision or None)


def _on_host(target: Target, host: HostDetails, to: Release) -> Target:
    application = details.of(target)
    revision = details.facts_of(to).revisions.get(host.name, "")
    facts = Details(
        hosts=(host,),
        restart=application.restart,
        user=application.user,
        source=_serving_line(host.live, host.revision),
        goal=_serving_line(to.id, revision),
        serving={other.where: other.live for other in application.hosts},
    )
    app = details.app_on(target, host.name)
    return replace(target, app=app, where=host.where, places=(), location=host.where, details=facts)


def _serving_line(release: str, revision: str) -> str:
    """Return the line that `serving` prints for a release."""
    return f"{release} {revision}" if revision else release
