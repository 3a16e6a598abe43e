"""How CodeDeploy makes a move: what the plan keeps of it, and the deployments there and back."""

from __future__ import annotations

from rollback.platforms.ecs import details
from rollback.platforms.ecs.answers import LoadBalancer
from rollback.platforms.ecs.codedeploy import appspec, timing
from rollback.platforms.ecs.codedeploy.known import Known
from rollback.platforms.ecs.details import CodeDeployDetails, Side
from rollback.platforms.ecs.history import Read
from rollback.model import Move


def details_of(read: Read, goal: str) -> CodeDeployDetails | None:
    """Return how CodeDeploy moves the service to a task definition; None where it tells nothing."""
    known = read.codedeploy
    if known is None:
        return None
    return CodeDeployDetails(
        application=known.application,
        group=known.group,
        config=known.info.deployment_config_name,
        shift=timing.minutes(known.routing),
        waits=timing.waits(known),
        by_hand=timing.by_hand(known),
        keeps=timing.keeps(known),
        hooks=tuple(known.last.called) if known.last else None,
        container=_place(read, known, goal)[0],
    )


def files(move: Move) -> dict[str, bytes]:
    """Return the deployments there and back: what `aws deploy create-deployment` is given."""
    read: Read | None = details.facts_of(move.current).reads.get(move.target.app)
    if read is None or read.codedeploy is None:
        return {}
    return {
        file_of(move.target.app, side): _deployment(read, read.codedeploy, side)
        for side in details.sides(move)
    }


def file_of(service: str, side: Side) -> str:
    """Return the name of the payload that brings a task definition."""
    return f"{service}-to-{side.name.replace(':', '-')}.json"


def _deployment(read: Read, known: Known, side: Side) -> bytes:
    content = appspec.content(side.arn, _place(read, known, side.arn), known.last)
    return appspec.deployment(known.application, known.group, content)


def _place(read: Read, known: Known, arn: str) -> tuple[str, int]:
    balancer = next(iter(read.service.balancers), LoadBalancer())
    return appspec.place(known.spec_of(arn), balancer)
