"""Conflicts with the rest of a project: ports, container names and networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms.docker_compose.definition.resolved import Resolved
from rollback.platforms.docker_compose.engine.containers import Container
from rollback.platforms.docker_compose.services import attachments, sharers

_EVERYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104  (compared, not bound)


def findings(
    moves: Sequence[Move], goal: Resolved, running: Sequence[Container]
) -> Iterator[Finding]:
    moved = {move.target.app for move in moves}
    stopped = moved.union(sharers.replaced(moves))
    others = [container for container in running if container.service not in stopped]
    for move in moves:
        for other in others:
            yield from _ports(move, goal, other)
            yield from _names(move, goal, other)
        yield from _networks(move, goal, running, others)


def _ports(move: Move, goal: Resolved, other: Container) -> Iterator[Finding]:
    service = move.target.app
    wanted = attachments.published(goal.services.get(service, {}))
    taken = {_shown(port) for port in other.ports if any(_collide(port, claim) for claim in wanted)}
    if taken and other.state.get("Running"):
        ports = ", ".join(sorted(taken))
        message = (
            f"{service} of {move.to.id} publishes port {ports}, which {other.service} uses now"
        )
        fix = f"stop it first: docker compose stop {other.service}; then plan again"
        yield Finding("blocker", "port-taken", message, fix)


def _names(move: Move, goal: Resolved, other: Container) -> Iterator[Finding]:
    service = move.target.app
    if goal.services.get(service, {}).get("container_name") == other.name:
        message = (
            f"{service} of {move.to.id} needs the container name {other.name}, "
            f"which {other.service} has now"
        )
        fix = f"remove it first: docker rm -f {other.name}; then plan again"
        yield Finding("blocker", "name-taken", message, fix)


def _networks(
    move: Move, goal: Resolved, running: Sequence[Container], others: Sequence[Container]
) -> Iterator[Finding]:
    """Report services that reach it today and would no longer share a network with it."""
    service = move.target.app
    before = {
        network
        for container in running
        if container.service == service
        for network in container.networks
    }
    after = attachments.networks(goal.services.get(service, {}), goal)
    cut_off = sorted(
        {
            other.service
            for other in others
            if before.intersection(other.networks) and not after.intersection(other.networks)
        }
    )
    if before and after and cut_off:
        message = (
            f"{service} would join {', '.join(sorted(after))}, "
            f"but {', '.join(cut_off[:3])} is in {', '.join(sorted(before))}"
        )
        fix = (
            "roll back the whole project by hand: "
            f"git checkout {move.to.id} && docker compose up -d"
        )
        yield Finding("blocker", "network-differs", message, fix)


def _collide(port: str, other: str) -> bool:
    """Whether two ports like 127.0.0.1:8080:80/tcp cannot be published at once."""
    (address, number, protocol), (other_address, other_number, other_protocol) = map(
        _parts, (port, other)
    )
    anywhere = address in _EVERYWHERE or other_address in _EVERYWHERE
    same_number = number == other_number and number != ""
    return same_number and protocol == other_protocol and (anywhere or address == other_address)


def _shown(port: str) -> str:
    address, number, _ = _parts(port)
    return number if address in ("", "::") else f"{address}:{number}"


def _parts(port: str) -> tuple[str, str, str]:
    host, _, container = port.rpartition(":")
    address, _, number = host.rpartition(":")
    return address, number, container.rpartition("/")[2]
