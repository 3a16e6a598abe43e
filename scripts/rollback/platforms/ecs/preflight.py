"""What speaks against a rollback: its controller, a definition that is gone, images, an owner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms.ecs import controllers, copies, details, images, scaling, secrets
from rollback.aws.client import connect
from rollback.platforms.ecs.codedeploy import findings as codedeploy
from rollback.platforms.ecs.script import is_copied, stops
from rollback.shell import Shell
from rollback.text import clean


def preflight(moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
    """Report findings. Raises Unreadable."""
    known = details.of(moves[0].target)
    client = connect(shell, known.profile, known.region)
    scaling.begin(client, known.cluster, [move.target.app for move in moves])
    for move in moves:
        yield from judged(move)
        yield from controllers.commands(move, client)
    goals = copies.definitions(client, [details.sides(move)[1].arn for move in moves])
    needed = client.start(lambda: list(secrets.findings(moves, client, goals)))
    yield from images.findings(moves, client, goals)
    yield from needed.result()


def judged(move: Move) -> Iterator[Finding]:
    """Yield what the plan's reads tell, without another one."""
    if move.to.guess:
        message = f"{move.to.id} is a guess: {move.to.doubt}"
        fix = "name a release that history.py lists, unless you know this one"
        yield Finding("warning", "guess", message, fix)
    yield from _definitions(move)
    yield from codedeploy.about_move(move)
    yield from _in_flight(move)
    service = details.of(move.target).service(move.target.app)
    if not service.desired:
        message = (
            f"{service.name} is scaled to 0 tasks, and stays so: nothing will show that it runs"
        )
        yield Finding("note", "scaled-to-zero", message)
    if service.owner:
        message = (
            f"{clean(service.owner, 120)} made {service.name}: its next update brings"
            f" {move.current.id} back, or what is newest then"
        )
        yield Finding("warning", "auto-deploy", message, clean(service.owner_fix, 200))


def _definitions(move: Move) -> Iterator[Finding]:
    for side in details.sides(move):
        if is_copied(side):
            message = (
                f"{side.name} is INACTIVE (deregistered), so it is registered again under a new"
                " number; secrets, SSM parameters and moving tags are those of today"
            )
            yield Finding("note", "registered-again", message)
    goal = details.sides(move)[1]
    if goal.state == "gone":
        message = f"task definition {goal.name} was deleted"
        yield Finding("blocker", "artifact-gone", message, "name another release")


def _in_flight(move: Move) -> Iterator[Finding]:
    source, goal = details.sides(move)
    service = details.of(move.target).service(move.target.app)
    if not service.running or service.codedeploy:
        return
    way = (
        f"it is stopped with ROLLBACK, which brings back {goal.name} with its load balancer,"
        " network and volume settings"
        if stops(service, goal)
        else f"stopping it would lead elsewhere, so {goal.name} is deployed over it"
    )
    yield Finding(
        "note", "deploy-in-flight", f"{source.name} of {service.name} is being deployed: {way}"
    )
