"""The change: one `up` that names the services and pins their image ids, with the way back beside it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from rollback.model import Command, Guard, Move, Probe, Step, Undo
from rollback.platforms.docker_compose import commands, engine, files, sharers, state_files, volumes
from rollback.platforms.docker_compose.snapshot import source

_SECONDS = 120  # for a change; stopping may take as long again as the longest grace period


def guards(moves: Sequence[Move]) -> list[Guard]:
    details, id = moves[0].target.details, moves[0].target.where.rpartition("/")[0]
    current = {move.target.app: _running(details, move) for move in moves}
    to = _images(moves, "to")
    read = commands.images(details["project"], to)
    return [
        Guard("the Docker engine", engine.docker("info", "--format", "{{.ID}}"), (id,), (id,)),
        Guard(
            "the image of each service",
            read,
            tuple(current.values()),
            tuple(to.values()),
            tuple(range(len(moves))),
        ),
    ]


def steps(moves: Sequence[Move]) -> list[Step]:
    """What runs goes to the target's image, what only the target has is started, what shared with it joins again."""
    return [*_stop(moves), *_recreate(moves), *_start(moves), *_join(moves)]


def _stop(moves: Sequence[Move]) -> Iterator[Step]:
    if names := sharers.replaced(moves):
        images = {service: moves[0].target.details["running"][service][0] for service in names}
        stopped = {service: f"{image}-stopped" for service, image in images.items()}
        undo = Undo(
            _compose(moves, "now", "start", *names),
            Probe(_read(moves, images), "\n".join(images.values())),
        )
        yield Step(
            id="stop",
            title=f"Stop {', '.join(names)}, which {moves[0].to.id} does not have",
            do=_compose(moves, "now", "stop", *names),
            undo=undo,
            moves=tuple(
                at
                for at, move in enumerate(moves)
                if move.target.app not in move.target.details["running"]
            ),
            deadline=_seconds(moves),
            proof=Probe(_read(moves, stopped), "\n".join(stopped.values())),
        )


def _recreate(moves: Sequence[Move]) -> Iterator[Step]:
    going = [move for move in moves if move.target.app in move.target.details["running"]]
    if going:
        to, current = _expected(going, "to"), _expected(going, "current")
        undo = Undo(_up(going, "now"), _as_it_was(going, current))
        yield Step(
            id="up",
            title=f"Run {going[0].to.id} in {_names(going)}",
            do=_up(going, "to", *(("--renew-anon-volumes",) if volumes.renewed(going) else ())),
            undo=undo,
            moves=tuple(moves.index(move) for move in going),
            deadline=_seconds(moves),
            proof=Probe(_read(going, to), "\n".join(to.values())),
        )


def _start(moves: Sequence[Move]) -> Iterator[Step]:
    """Services that the target has and the live release has not."""
    new = [move for move in moves if move.target.app not in move.target.details["running"]]
    if new:
        to, names = _expected(new, "to"), [move.target.app for move in new]
        project = _project(moves)
        remove = _compose(new, "to", "rm", "--stop", "--force", *names)
        yield Step(
            id="start",
            title=f"Start {_names(new)} of {new[0].to.id}",
            do=_up(new, "to"),
            undo=Undo(remove, Probe(commands.absent(project, names), "yes")),
            moves=tuple(moves.index(move) for move in new),
            deadline=_seconds(moves),
            proof=Probe(_read(new, to), "\n".join(to.values())),
        )


def _join(moves: Sequence[Move]) -> Iterator[Step]:
    """Recreated as they are, by the live release's files; on the way back again, after their owners."""
    if joining := sharers.joining(moves):
        pairs = [(service, owner) for service, owners in joining.items() for owner in owners]
        owners = sorted({owner for _, owner in pairs})
        proof = Probe(commands.attached(_project(moves), pairs), "yes")
        do = _compose(
            moves,
            "now",
            "up",
            "--detach",
            "--no-deps",
            "--no-build",
            *_never_pull(moves),
            "--force-recreate",
            *joining,
        )
        do = _upward(do, moves)
        yield Step(
            id="join",
            title=f"Recreate {', '.join(joining)}, which uses what belongs to {', '.join(owners)}",
            do=do,
            undo=Undo(do, proof, last=True),
            moves=tuple(at for at, move in enumerate(moves) if move.target.app in owners),
            deadline=_seconds(moves),
            proof=proof,
        )


def _running(details: dict[str, Any], move: Move) -> str:
    """As the guard prints it: the ids that are not the target's."""
    service = move.target.app
    ids = sorted(one for one in details["running"].get(service, ()) if one != move.to.artifact)
    return " ".join(ids) or (move.to.artifact or "" if service in details["running"] else "")


def _images(moves: Sequence[Move], side: str) -> dict[str, str]:
    return {move.target.app: getattr(move, side).artifact or "" for move in moves}


def _expected(moves: Sequence[Move], side: str) -> dict[str, str]:
    """What `running` has to print; a container that only lends its volumes has ended, and that is well."""
    ended = moves[0].target.details["carriers"]
    return {
        service: f"{image}-stopped" if service in ended else image
        for service, image in _images(moves, side).items()
    }


def _read(moves: Sequence[Move], wanted: dict[str, str]) -> Command:
    return commands.images(_project(moves), wanted, running=True)


def _as_it_was(moves: Sequence[Move], wanted: dict[str, str]) -> Probe:
    """The way back ends where it began: what did not run then may end again."""
    details = moves[0].target.details
    if not {move.target.app for move in moves}.intersection(details["down"]) - set(
        details["carriers"]
    ):
        return Probe(_read(moves, wanted), "\n".join(wanted.values()))
    plain = _images(moves, "current")
    return Probe(commands.images(_project(moves), plain), "\n".join(plain.values()))


def _names(moves: Sequence[Move]) -> str:
    return ", ".join(move.target.app for move in moves)


def _project(moves: Sequence[Move]) -> str:
    return str(moves[0].target.details["project"])


def _up(moves: Sequence[Move], side: str, *options: str) -> Command:
    """Only the services named, only images that are here; everything else keeps running."""
    replicas = moves[0].target.details["replicas"]
    scale = [
        word
        for move in moves
        if (count := replicas.get(move.target.app))
        for word in ("--scale", f"{move.target.app}={count}")
    ]
    names = (move.target.app for move in moves)
    words = (
        "up",
        "--detach",
        "--no-deps",
        "--no-build",
        *_never_pull(moves),
        *options,
        *scale,
        *names,
    )
    return _upward(_compose(moves, side, *words), moves)


def _seconds(moves: Sequence[Move]) -> int:
    """Compose stops and starts side by side, a slow machine some of them one by one."""
    return _SECONDS + int(moves[0].target.details.get("grace", 10)) + 5 * len(moves)


def _never_pull(moves: Sequence[Move]) -> Sequence[str]:
    return () if moves[0].target.details["tool_version"].startswith("1.") else ("--pull", "never")


def _compose(moves: Sequence[Move], side: str, *words: str) -> Command:
    """Compose with a side's files, as they will lie in state/."""
    given = source(moves[0], side)
    details = files.with_profiles(moves[0].target.details, given)
    details["env_files"] = state_files.env_names(side, given, details)
    names = [*state_files.names(side, given, details), f"state/{side}-pins.json"]
    command = commands.compose(
        details, names, *words, variables=files.names(given), timeout=_seconds(moves)
    )
    return replace(command, argv=("compose", *command.argv))


def _upward(command: Command, moves: Sequence[Move]) -> Command:
    """A function of the template that clears away what a killed Compose has left, then goes on."""
    return replace(command, argv=("compose_up", _project(moves), *command.argv[1:]))
