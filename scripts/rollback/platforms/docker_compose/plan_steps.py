"""The change: one `up` that names the services and pins their image ids, with the way back beside it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from rollback.model import Command, Guard, Move, Probe, Step, Undo
from rollback.platforms.docker_compose import commands, engine, payload, sources

_SECONDS = 300  # stopping may take each service its grace period


def guards(moves: Sequence[Move]) -> list[Guard]:
    details, id = moves[0].target.details, moves[0].target.where.rpartition("/")[0]
    current = {move.target.app: _running(details, move) for move in moves}
    to = _images(moves, "to")
    read = commands.images(details["project"], to)
    return [
        Guard("the Docker engine", engine.docker("info", "--format", "{{.ID}}"), (id,), (id,)),
        Guard("the image of each service", read, tuple(current.values()), tuple(to.values()), tuple(range(len(moves)))),
    ]


def _running(details: dict[str, Any], move: Move) -> str:
    """As the guard prints it: the ids that are not the target's."""
    ids = sorted(one for one in details["running"].get(move.target.app, ()) if one != move.to.artifact)
    return " ".join(ids) or move.to.artifact or ""


def steps(moves: Sequence[Move]) -> list[Step]:
    names = ", ".join(move.target.app for move in moves)
    to, current = _images(moves, "to"), _images(moves, "current")
    undo = Undo(_up(moves, "now"), Probe(commands.images(_project(moves), current, running=True), "\n".join(current.values())))
    return [Step(
        id="up", title=f"Run {moves[0].to.id} in {names}", do=_up(moves, "to"), undo=undo, moves=tuple(range(len(moves))), deadline=_SECONDS,
        proof=Probe(commands.images(_project(moves), to, running=True), "\n".join(to.values())),
    )]  # fmt: skip


def _images(moves: Sequence[Move], side: str) -> dict[str, str]:
    return {move.target.app: getattr(move, side).artifact or "" for move in moves}


def _project(moves: Sequence[Move]) -> str:
    return str(moves[0].target.details["project"])


def _up(moves: Sequence[Move], side: str) -> Command:
    """Only the services named, only images that are here; everything else keeps running."""
    source = payload.source(moves[0], side)
    details = sources.with_profiles(moves[0].target.details, source)
    never = () if details["tool_version"].startswith("1.") else ("--pull", "never")
    scale = [word for move in moves if (count := details["replicas"].get(move.target.app)) for word in ("--scale", f"{move.target.app}={count}")]
    words = ("up", "--detach", "--no-deps", "--no-build", *never, *scale, *(move.target.app for move in moves))
    run = commands.compose(details, payload.files(moves[0], side), *words, variables=sources.names(source), timeout=_SECONDS)
    return replace(run, argv=("compose_up", details["project"], *run.argv))
