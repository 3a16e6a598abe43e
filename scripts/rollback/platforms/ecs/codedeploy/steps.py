"""The step of a service that CodeDeploy moves, and the guard of what it serves. Pure."""

from __future__ import annotations

from rollback.contracts import payload
from rollback.model import Command, Guard, Line, Move, Probe, Step, Undo
from rollback.platforms.ecs import details
from rollback.platforms.ecs.codedeploy.moves import file_of
from rollback.platforms.ecs.details import CodeDeployDetails, Side
from rollback.platforms.ecs.script import call, copied, stops, typed_deploy, words_of_digests

_SECONDS = 1200.0  # for tasks that start, and for hooks


def is_own(move: Move) -> bool:
    """Whether CodeDeploy moves this service, and can be asked to."""
    return details.of(move.target).service(move.target.app).codedeploy is not None


def deploy(move: Move) -> Step:
    source, goal = details.sides(move)
    known, name = details.of(move.target), move.target.app
    service, way = known.service(name), _way(move)
    title, hand = f"Deploy {goal.name} to {name} through CodeDeploy", _create(move, goal)
    if stops(service, goal):
        title = f"Stop the deployment of {source.name} to {name}, back to {goal.name}"
        words = ("--deployment-id", service.running, "--auto-rollback-enabled")
        hand = typed_deploy(known, "stop-deployment", *words)
    return Step(
        id=f"{move.id}.deploy",
        title=title,
        do=_change(move, source, goal, hand),
        proof=_proof(move, goal),
        undo=Undo(
            f"Return {name} to {source.name} through CodeDeploy",
            _change(move, goal, source, _back(move, source)),
            _proof(move, source),
        ),
        moves=(move.id,),
        deadline=_SECONDS + 60 * ((way.shift or 0) + way.waits + way.keeps),
        guarded=True,  # the function reads it again before it changes anything
    )


def guard(move: Move) -> Guard:
    source, goal = details.sides(move)
    return Guard(
        id=f"{move.id}.live",
        subject=f"the task definition of {move.target.app}",
        command=_call(move, "codedeploy_live"),
        lines=(Line(source.name, goal.name, move.id),),
    )


def _way(move: Move) -> CodeDeployDetails:
    way = details.of(move.target).service(move.target.app).codedeploy
    assert way is not None
    return way


def _create(move: Move, side: Side) -> str:
    path = payload(move.target.component, file_of(move.target.app, side))
    words = ("create-deployment", "--cli-input-json", f"file://{path}")
    return typed_deploy(details.of(move.target), *words)


def _back(move: Move, side: Side) -> str:
    """Return how a person goes back: by a stop while the old tasks are kept, else a deployment.

    Where the step itself was a stop, CodeDeploy's own deployment has to end before.
    """
    known, way = details.of(move.target), _way(move)
    group = ("--application-name", way.application, "--deployment-group-name", way.group)
    running = ("--include-only-statuses", "Created", "Queued", "InProgress", "Baking", "Ready")
    told = ("--query", "deployments[0]", "--output", "text")
    busy = (
        f'--deployment-id "$({typed_deploy(known, "list-deployments", *group, *running, *told)})"'
    )
    create = _create(move, side)
    if stops(known.service(move.target.app), details.sides(move)[1]):
        return f"{typed_deploy(known, 'wait', 'deployment-successful')} {busy}; {create}"
    stop = typed_deploy(known, "stop-deployment", "--auto-rollback-enabled")
    return f"{stop} {busy} || {create}"


def _change(move: Move, source: Side, goal: Side, hand: str) -> Command:
    path = payload(move.target.component, file_of(move.target.app, goal))
    ends = ("--from", source.arn, "--to", goal.arn, "--deployment", path)
    return _call(move, "codedeploy_deploy", *ends, *words_of_digests(goal), by_hand=hand)


def _proof(move: Move, side: Side) -> Probe:
    """Return the proof: the PRIMARY task set has all traffic, and its tasks run this."""
    words = words_of_digests(side)
    return Probe(_call(move, "codedeploy_serves", *words), f"{side.name} on every task")


def _call(move: Move, function: str, *words: str, by_hand: str = "") -> Command:
    way = _way(move)
    place = ("--service", move.target.app, "--application", way.application, "--group", way.group)
    more = (*place, *words, "--copied", copied([move]))
    return call(details.of(move.target), function, *more, by_hand=by_hand)
