"""The script's commands and probes: Compose with a side's files, and expected images."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rollback.contracts import payload
from rollback.model import Command, Move, Probe
from rollback.platforms.docker_compose import details, sides
from rollback.platforms.docker_compose.definition import files, state_files
from rollback.platforms.docker_compose.details import Details
from rollback.platforms.docker_compose.engine import commands
from rollback.platforms.docker_compose.sides import Side

_SECONDS = 120  # for a change; stopping may take as long again as the longest grace period
_SECONDS_EACH = 5  # a slow machine stops and starts some containers one by one


def compose(moves: Sequence[Move], side: Side, *words: str) -> Command:
    """Run Compose with a side's files, as they will lie in state/.

    The script's function `compose` takes the folder of those files first.
    """
    target, source = moves[0].target, sides.source(moves[0], side)
    project = files.with_profiles(details.of(target), source)

    def placed(name: str) -> str:
        return name if state_files.is_path(name) else payload(target.component, name)

    env_files = map(placed, state_files.env_names(side, source, project))
    given = [*state_files.names(side, source, project), state_files.pins(side)]
    command = commands.compose(
        replace(project, env_files=tuple(env_files)),
        [placed(name) for name in given],
        *words,
        variables=files.names(source),
        timeout=seconds(moves),
    )
    folder = payload(target.component, "").rstrip("/")
    return replace(command, argv=("compose", folder, *command.argv), by_hand=str(command))


def up(
    moves: Sequence[Move], side: Side, *options: str, services: Sequence[str] | None = None
) -> Command:
    """Recreate only the services named (default: all that move) from local images.

    Everything else keeps running. The script's function `compose_up` first clears away what a
    killed Compose has left.
    """
    project = details.of(moves[0].target)
    names = [move.target.app for move in moves] if services is None else services
    words = ["up", "--detach", "--no-deps", "--no-build", *_never_pull(project), *options]
    if services is None:
        words += _scale(project, names)
    command = compose(moves, side, *words, *names)
    return replace(command, argv=("compose_up", project.name, *command.argv[1:]))


def images_running(moves: Sequence[Move], side: Side) -> Probe:
    """Prove that every service runs a side's image; a volume carrier may have ended."""
    project = details.of(moves[0].target)
    images = {
        service: f"{image}-stopped" if service in project.services.carriers else image
        for service, image in sides.images(moves, side).items()
    }
    return Probe(commands.images(project.name, images, running=True), "\n".join(images.values()))


def images_as_before(moves: Sequence[Move]) -> Probe:
    """Prove an undo: services that did not run before may be ended again."""
    project = details.of(moves[0].target)
    down = set(project.services.down) - set(project.services.carriers)
    if down.isdisjoint(move.target.app for move in moves):
        return images_running(moves, "now")
    images = sides.images(moves, "now")
    return Probe(commands.images(project.name, images), "\n".join(images.values()))


def seconds(moves: Sequence[Move]) -> int:
    """Return the time limit of a change in seconds."""
    return _SECONDS + details.of(moves[0].target).services.grace + _SECONDS_EACH * len(moves)


def _scale(project: Details, services: Sequence[str]) -> list[str]:
    counts = ((service, project.services.replicas.get(service)) for service in services)
    return [
        word for service, count in counts if count for word in ("--scale", f"{service}={count}")
    ]


def _never_pull(project: Details) -> Sequence[str]:
    """Return Compose's option never to pull; v1 has none, and pulls no local image."""
    return () if project.tool_version.startswith("1.") else ("--pull", "never")
