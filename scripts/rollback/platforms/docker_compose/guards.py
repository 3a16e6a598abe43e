"""Compare and swap: the same engine, and each service on the image that the plan saw. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Guard, Line, Move
from rollback.platforms.docker_compose import details, sides
from rollback.platforms.docker_compose.engine import client, commands


def guards(moves: Sequence[Move]) -> list[Guard]:
    target = moves[0].target
    engine = target.where.rpartition("/")[0]
    project = details.of(target).name
    return [
        Guard(
            f"{target.component}.engine",
            "the Docker engine",
            client.docker("info", "--format", "{{.ID}}"),
            (Line(engine, engine),),
        ),
        Guard(
            f"{target.component}.images",
            f"the image of each service of {project}",
            commands.images(project, sides.images(moves, "to")),
            tuple(_line(move) for move in moves),
        ),
    ]


def _line(move: Move) -> Line:
    """Return what the script prints: ids that are not the target's, "" without containers."""
    running = details.of(move.target).services.running.get(move.target.app, [])
    goal = move.to.artifact or ""
    other = " ".join(sorted(image for image in running if image != goal))
    return Line(other or (goal if running else ""), goal, move.id)
