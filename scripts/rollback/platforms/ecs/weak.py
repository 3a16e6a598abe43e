"""Releases where ECS tells no history: registered revisions, each a guess. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Release
from rollback.platforms.ecs.answers import number, short, utc
from rollback.platforms.ecs.details import Facts, Side
from rollback.platforms.ecs.history import Read

_MOST = 10
DOUBT = "it is registered in the family; nothing shows that it was ever deployed"


def guesses(reads: Sequence[Read], known: Sequence[Release]) -> list[Release]:
    """Return older revisions of the only service. Of several, nothing says what was live together.

    A deployment that still has tasks served, or was to: it comes first.
    """
    if len(reads) != 1:
        return []
    (read,) = reads
    listed = {release.id for release in known}
    older = [arn for arn in read.active if number(arn) < number(read.service.live)]
    beside = {each.task_definition: each for each in read.service.deployments}
    order = sorted({*older, *beside}, key=lambda arn: (arn in beside, number(arn)), reverse=True)
    return [_guess(read, arn) for arn in order if short(arn) not in listed][:_MOST]


def _guess(read: Read, arn: str) -> Release:
    name = read.service.service_name
    deployment = next((row for row in read.service.deployments if row.task_definition == arn), None)
    completed = deployment is not None and deployment.rollout_state == "COMPLETED"
    failed = deployment is not None and deployment.rollout_state == "FAILED"
    return Release(
        id=short(arn),
        status="failed" if failed else "superseded" if completed else "unknown",
        deployed_at=utc(deployment.created_at) if deployment else None,
        artifacts={name: short(arn)},
        guess=not completed,
        doubt="" if completed else DOUBT,
        facts=Facts({name: Side(arn, after=read.newest)}),
    )
