"""One step for each service; before it, one that registers an INACTIVE task definition again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.contracts import payload
from rollback.model import Command, Move, Probe, Step, Undo
from rollback.platforms.ecs import details
from rollback.platforms.ecs.codedeploy import steps as codedeploy
from rollback.platforms.ecs.details import Side
from rollback.platforms.ecs.script import (
    call,
    copied,
    is_copied,
    stops,
    typed,
    words_of_digests,
)

SECONDS = (
    1200.0  # connections of old tasks drain within it: 5 minutes unless a target group says else
)


def steps(moves: Sequence[Move]) -> list[Step]:
    """Return the steps. What is registered comes first, so that a failure there moves nothing."""
    registered = (step for move in moves for step in _registrations(move))
    deployed = (
        codedeploy.deploy(move) if codedeploy.is_own(move) else _deploy(move) for move in moves
    )
    return [*registered, *deployed]


def definition_file(side: Side) -> str:
    """Return the name of the payload that registers a copy."""
    return f"{side.name.replace(':', '-')}.json"


def _registrations(move: Move) -> Iterator[Step]:
    for side in details.sides(move):
        if is_copied(side):
            yield _register(move, side)


def _register(move: Move, side: Side) -> Step:
    known = details.of(move.target)
    path = payload(move.target.component, definition_file(side))
    words = ("--original", side.arn, "--after", str(side.after))
    look = call(known, "ecs_copy_state", *words)
    hand = typed(known, "register-task-definition", "--cli-input-json", f"file://{path}")
    return Step(
        id=f"{move.id}.register-{side.name.rpartition(':')[2]}",
        title=f"Register {side.name} again, which is INACTIVE",
        do=call(known, "ecs_register", *words, "--definition", path, by_hand=hand),
        proof=Probe(look, "ACTIVE"),
        undo=Undo(
            f"Deregister the copy of {side.name}",
            call(known, "ecs_deregister", *words),
            Probe(look, "none"),
        ),
        moves=(move.id,),
    )


def _deploy(move: Move) -> Step:
    source, goal = details.sides(move)
    known, name = details.of(move.target), move.target.app
    service = known.service(name)
    title, running = f"Move {name} to {goal.name}", ""
    if stops(service, goal):
        title, running = (
            f"Stop the deployment of {source.name}, back to {goal.name}",
            service.running,
        )
    return Step(
        id=f"{move.id}.deploy",
        title=title,
        do=_change(move, source, goal, running),
        proof=_proof(move, goal),
        undo=Undo(
            f"Return {name} to {source.name}",
            _change(move, goal, source),
            _proof(move, source),
        ),
        moves=(move.id,),
        deadline=SECONDS + service.bake,
        guarded=True,  # the function reads the live task definition again before it changes it
    )


def _change(move: Move, source: Side, goal: Side, running: str = "") -> Command:
    known, name = details.of(move.target), move.target.app
    tail = ("--copied", copied([move]), *words_of_digests(goal))
    ends = ("--service", name, "--from", source.arn, "--to", goal.arn, "--running", running)
    place = ("--cluster", known.cluster, "--service", name)
    hand = typed(known, "update-service", *place, "--task-definition", goal.name)
    if running:
        words = ("--service-deployment-arn", running, "--stop-type", "ROLLBACK")
        hand = typed(known, "stop-service-deployment", *words)
    return call(known, "ecs_deploy", *ends, *tail, by_hand=hand)


def _proof(move: Move, side: Side) -> Probe:
    """Return the proof: the rollout is complete, and every task runs this definition and digest."""
    known = details.of(move.target)
    tail = ("--copied", copied([move]), *words_of_digests(side))
    words = ("--service", move.target.app, *tail)
    return Probe(call(known, "ecs_serves", *words), f"{side.name} on every task")
