"""What the rest of a project holds that a move would need: ports, names, and the networks it is reached by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms.docker_compose import attachments, containers, sharers
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.definition import Resolved
from rollback.shell import Shell


def findings(moves: Sequence[Move], resolved: Resolved, shell: Shell) -> Iterator[Finding]:
    """Names and ports that others hold, networks that the rest of the project is not in."""
    moved = {move.target.app for move in moves}
    running = containers.of(shell, moves[0].target.details["project"])
    others = [
        container
        for container in running
        if container.service not in moved.union(sharers.replaced(moves))
    ]
    for move in moves:
        service, keys = move.target.app, resolved.services.get(move.target.app, {})
        ports = attachments.published(keys)
        for container in others:
            held = {
                _shown(port)
                for port in container.ports
                if any(_collide(port, wanted) for wanted in ports)
            }
            if held and container.state.get("Running"):
                message = f"{service} of {move.to.id} publishes port {', '.join(sorted(held))}, which {container.service} holds now"
                fix = f"stop it first: docker compose stop {container.service}; then plan again"
                yield Finding("blocker", "port-taken", message, fix)
            if keys.get("container_name") == container.name:
                message = f"{service} of {move.to.id} is called {container.name}, as the container of {container.service} is now"
                fix = f"remove it first: docker rm -f {container.name}; then plan again"
                yield Finding("blocker", "name-taken", message, fix)
        yield from _apart(move, resolved, running, others)


def _collide(one: str, other: str) -> bool:
    """Whether two ports like 127.0.0.1:8080:80/tcp cannot be published at once."""
    (address, number, protocol), (other_address, other_number, other_protocol) = map(
        _parts, (one, other)
    )
    everywhere = {"", "0.0.0.0", "::"}  # noqa: S104  (compared, not bound)
    same_address = address == other_address or address in everywhere or other_address in everywhere
    return number == other_number != "" and protocol == other_protocol and same_address


def _shown(port: str) -> str:
    address, number, _ = _parts(port)
    return f"{address}:{number}" if address not in ("", "::") else number


def _parts(port: str) -> tuple[str, str, str]:
    host, _, container = port.rpartition(":")
    address, _, number = host.rpartition(":")
    return address, number, container.rpartition("/")[2]


def _apart(
    move: Move, resolved: Resolved, running: Sequence[Container], others: Sequence[Container]
) -> Iterator[Finding]:
    service, release = move.target.app, move.to.id
    now = {
        network
        for container in running
        if container.service == service
        for network in container.networks
    }
    to = attachments.networks(resolved.services.get(service, {}), resolved)
    left = sorted(
        {
            one.service
            for one in others
            if now.intersection(one.networks) and not to.intersection(one.networks)
        }
    )
    if now and to and left:
        message = f"{service} would join {', '.join(sorted(to))}, but {', '.join(left[:3])} is in {', '.join(sorted(now))}"
        fix = (
            f"bring the whole project back by hand: git checkout {release} && docker compose up -d"
        )
        yield Finding("blocker", "network-differs", message, fix)
