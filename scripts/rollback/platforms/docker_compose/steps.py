"""The steps: one `up` that names services and pins image ids, with its undo. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Move, Probe, Step, Undo
from rollback.platforms.docker_compose import details, sides
from rollback.platforms.docker_compose.engine import commands
from rollback.platforms.docker_compose.script import (
    compose,
    images_as_before,
    images_running,
    seconds,
    up,
)
from rollback.platforms.docker_compose.services import sharers, volumes


def steps(moves: Sequence[Move]) -> list[Step]:
    """Stop services the target lacks, switch images, start new ones, recreate sharers.

    At the end start what the deploy made and did not start, as it waited for what moves.
    """
    switched = [move for move in moves if _runs(move)]
    started = [move for move in moves if not _runs(move)]
    return [
        *_stop(moves, started),
        *_switch(moves, switched),
        *_start(moves, started),
        *_recreate_sharers(moves),
        *_start_waiting(moves),
    ]


def _stop(moves: Sequence[Move], started: Sequence[Move]) -> Iterator[Step]:
    """Stop replaced services and keep their containers: the undo starts them again."""
    names = sharers.replaced(moves)
    if not names:
        return
    project, services = details.of(moves[0].target), ", ".join(names)
    images = {service: project.services.running[service][0] for service in names}
    stopped = {service: f"{image}-stopped" for service, image in images.items()}
    undo = Undo(
        f"Start {services} again",
        compose(moves, "now", "start", *names),
        _prints(project.name, images),
    )
    yield Step(
        id=_id(started, "stop"),
        title=f"Stop {services} (not in {moves[0].to.id})",
        do=compose(moves, "now", "stop", *names),
        proof=_prints(project.name, stopped),
        undo=undo,
        moves=_ids(started),
        deadline=seconds(moves),
    )


def _switch(moves: Sequence[Move], switched: Sequence[Move]) -> Iterator[Step]:
    if not switched:
        return
    renew = ("--renew-anon-volumes",) if volumes.renewed(switched) else ()
    undo = Undo(
        f"Switch {_names(switched)} back to {_label(switched, 'now')}",
        up(switched, "now"),
        images_as_before(switched),
    )
    yield Step(
        id=_id(switched, "switch"),
        title=f"Switch {_names(switched)} to {_label(switched, 'to')}",
        do=up(switched, "to", *renew),
        proof=images_running(switched, "to"),
        undo=undo,
        moves=_ids(switched),
        deadline=seconds(moves),
    )


def _start(moves: Sequence[Move], started: Sequence[Move]) -> Iterator[Step]:
    """Start services that the target has and the live release has not."""
    if not started:
        return
    project, services = details.of(moves[0].target), [move.target.app for move in started]
    undo = Undo(
        f"Remove {_names(started)} again",
        compose(started, "to", "rm", "--stop", "--force", *services),
        Probe(commands.absent(project.name, services), "yes"),
    )
    yield Step(
        id=_id(started, "start"),
        title=f"Start {_names(started)} of {_label(started, 'to')}",
        do=up(started, "to"),
        proof=images_running(started, "to"),
        undo=undo,
        moves=_ids(started),
        deadline=seconds(moves),
    )


def _recreate_sharers(moves: Sequence[Move]) -> Iterator[Step]:
    """Recreate them by the live release's files, after their owners in both directions."""
    joining = sharers.joining(moves)
    if not joining:
        return
    pairs = [(service, owner) for service, owners in joining.items() for owner in owners]
    owners = sorted({owner for _, owner in pairs})
    proof = Probe(commands.attached(details.of(moves[0].target).name, pairs), "yes")
    do = up(moves, "now", "--force-recreate", services=list(joining))
    title = (
        f"Recreate {', '.join(joining)}, which use{'s' * (len(joining) == 1)} {', '.join(owners)}"
    )
    with_owners = [move for move in moves if move.target.app in owners]
    yield Step(
        id=_id(with_owners, "join"),
        title=title,
        do=do,
        proof=proof,
        undo=Undo(title, do, proof, last=True),
        moves=_ids(with_owners),
        deadline=seconds(moves),
    )


def _start_waiting(moves: Sequence[Move]) -> Iterator[Step]:
    """A restore leaves them running: nobody wanted them stopped."""
    names = sharers.waiting(moves)
    if not names:
        return
    project, live = details.of(moves[0].target), moves[0].current.label
    yield Step(
        id=f"{moves[0].target.component}.first-start",
        title=f"Start {', '.join(names)}, which the deploy of {live} made and did not start",
        do=up(moves, "to", services=names),
        proof=_prints(project.name, {name: project.services.running[name][0] for name in names}),
        deadline=seconds(moves),
    )


def _runs(move: Move) -> bool:
    return move.target.app in details.of(move.target).services.running


def _id(moves: Sequence[Move], what: str) -> str:
    """Return a step id with its move's id as prefix, or the component's for several."""
    return f"{moves[0].id if len(moves) == 1 else moves[0].target.component}.{what}"


def _ids(moves: Sequence[Move]) -> tuple[str, ...]:
    return tuple(move.id for move in moves)


def _names(moves: Sequence[Move]) -> str:
    return ", ".join(move.target.app for move in moves)


def _label(moves: Sequence[Move], side: sides.Side) -> str:
    return sides.release(moves[0], side).label


def _prints(project: str, images: dict[str, str]) -> Probe:
    """Return each service's image; `-stopped` marks one that does not run."""
    return Probe(commands.images(project, images, running=True), "\n".join(images.values()))
