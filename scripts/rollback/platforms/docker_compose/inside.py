"""A program in the image of the release that is left: a container of its own, never the entrypoint.

An entrypoint may migrate forward before it runs anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rollback.model import Inside, Move
from rollback.platforms.docker_compose.database_client import database_client
from rollback.platforms.docker_compose.script import compose
from rollback.shell import Shell


def inside(move: Move, folder: str, argv: Sequence[str], shell: Shell) -> list[Inside]:
    """Read in the container that runs, and change by one of the pinned image. `folder` is the
    image's own. Empty: the service does not run.
    """
    service = move.target.app
    running = database_client(move.target, service, shell)
    if running is None:
        return []
    program, *rest = argv
    options = ("--rm", "--no-deps", "-T", "--entrypoint", program)
    script = compose([move], "now", "run", *options, service, *rest)
    read = replace(running, argv=(*running.argv, *argv))
    return [Inside(script, read, f"service {service}")]
