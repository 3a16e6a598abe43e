"""Reads what was deployed: service deployments, their revisions, their task definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from rollback.errors import RollbackError
from rollback.platforms.ecs import copies
from rollback.platforms.ecs.answers import (
    Definition,
    Revision,
    Revisions,
    Service,
    ServiceDeployment,
    family,
    number,
    short,
    utc,
)
from rollback.platforms.ecs.checks import tasks
from rollback.aws.client import Client
from rollback.platforms.ecs.codedeploy import history as codedeploy, known, rows as deployed
from rollback.platforms.ecs.codedeploy.known import Known
from rollback.platforms.ecs.controllers import CODE_DEPLOY
from rollback.text import clean

_PAGE = 100  # deployments, and task definitions, in one answer
_BATCH = 20  # revisions in one answer
_MOST = 10  # definitions described, where the history knows no others


class Read(Struct, frozen=True):
    """The history of one service. `weak` says why it is only a guess, "" where it is none.

    `revisions`: ARN of a service revision -> it. `definitions`: ARN of a task definition -> what
    it is, of those that are not ACTIVE; None: gone. `newest` is the family's highest number.
    """

    service: Service
    deployments: tuple[ServiceDeployment, ...]
    revisions: dict[str, Revision]
    active: frozenset[str]
    definitions: dict[str, Definition | None]
    newest: int
    weak: str = ""
    copies: dict[str, str] = {}  # INACTIVE task definition -> an ACTIVE one with the same content
    codedeploy: Known | None = None  # of a service that CodeDeploy moves, where that may be read
    untold: str = ""  # why CodeDeploy tells nothing

    @property
    def live(self) -> str:
        """Return the ARN of the task definition that is live, or is being brought by CodeDeploy.

        Of a copy's original it is the copy.
        """
        busy = self.codedeploy.busy if self.codedeploy else None
        arn = known.brought(self.service, self.codedeploy, busy) if self.codedeploy and busy else ""
        return self.copies.get(arn or self.service.live, arn or self.service.live)

    def definition_of(self, deployment: ServiceDeployment) -> str:
        """Return the ARN of the task definition, "" where its revision is gone."""
        revision = self.revisions.get(deployment.target_service_revision_arn)
        arn = revision.task_definition if revision else ""
        return self.copies.get(arn, arn)


BEFORE = "served before the history of ECS begins"
UNFINISHED = (
    "PENDING",
    "IN_PROGRESS",
    "STOP_REQUESTED",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
)


def read(client: Client, service: Service, most: int) -> Read:
    """Read the newest deployments of a service. Raises Unreadable."""
    listing = client.start(client.attempt, _active, client, service)
    untold = ""
    if service.deployment_controller.type == CODE_DEPLOY:
        told = client.attempt(codedeploy.read, client, service, most)
        if isinstance(told, Known):
            return _of_codedeploy(client, service, told, _listed(listing.result()))
        if told.code not in codedeploy.UNTOLD:
            raise told
        untold = told.message
    deployments = client.attempt(_deployments, client, service, most)
    weak = ""
    if isinstance(deployments, RollbackError):
        if deployments.code not in ("access-denied", "refused"):
            raise deployments
        weak, deployments = f"{deployments.message}", []
    revisions = _revisions(client, [each.target_service_revision_arn for each in deployments])
    if _is_short(deployments, revisions):
        before, more = _before(client, deployments[-1])
        deployments, revisions = [*deployments, *before], {**more, **revisions}
    weak = weak or ("" if deployments else "ECS lists no deployment of the last 90 days")
    active = _listed(listing.result())
    used = {service.live, *(each.task_definition for each in revisions.values())} - {""}
    if weak:
        used |= set(sorted(active, key=number, reverse=True)[:_MOST])
    described = _described(client, sorted(used - active, key=number, reverse=True))
    made = Read(service, tuple(deployments), revisions, active, {}, 0, weak, untold=untold)
    return _completed(client, made, used, described)


def _of_codedeploy(client: Client, service: Service, told: Known, active: frozenset[str]) -> Read:
    """Read what CodeDeploy does not tell: task definitions, and digests of tasks that run."""
    name = service.service_name
    running = client.start(client.attempt, tasks, client, service.cluster_arn, [name])
    deployments = deployed.of(service, told)
    sets = (each.task_definition for each in service.task_sets)
    named = (each.target_service_revision_arn for each in deployments)
    used = dict.fromkeys(filter(None, (*sets, *named)))
    newest = list(used)[:_MOST]
    described = _described(client, [*newest, *(used.keys() - active - set(newest))])
    seen = running.result()
    revisions = deployed.revisions(
        list(used), described, seen[name] if isinstance(seen, dict) else ()
    )
    weak = "" if deployments else "no AppSpec of CodeDeploy's deployments can be read"
    made = Read(service, tuple(deployments), revisions, active, {}, 0, weak, codedeploy=told)
    return _completed(client, made, set(used), described)


def _completed(
    client: Client, made: Read, used: set[str], described: Mapping[str, Definition | None]
) -> Read:
    """Return it with the definitions that are not ACTIVE, and what was registered again of them."""
    found = {arn for arn, known in described.items() if known and known.status == "ACTIVE"}
    lost = {arn: known for arn, known in described.items() if arn not in found}
    kept = [arn for arn in used if arn not in lost]
    return replace(
        made,
        active=made.active | found,
        definitions=lost,
        newest=max(map(number, {*made.active, *used}), default=0),
        copies=copies.of(client, lost, kept, made.revisions),
    )


def _listed(answer: list[str] | RollbackError) -> frozenset[str]:
    return frozenset(answer) if isinstance(answer, list) else frozenset()


def _described(client: Client, arns: Sequence[str]) -> dict[str, Definition | None]:
    """Return what each task definition is, read side by side."""
    if not arns:
        return {}
    answers = client.all(lambda arn: copies.define(client, arn), arns)
    return dict(zip(arns, answers, strict=True))


def _deployments(client: Client, service: Service, most: int) -> list[ServiceDeployment]:
    """Return the newest deployments, newest first, at least `most` where there are so many."""
    rows: list[ServiceDeployment] = []
    asked: dict[str, Any] = {"cluster": service.cluster_arn, "service": service.service_name}
    while len(rows) < most:
        answer = client.ask("ecs", "list_service_deployments", maxResults=_PAGE, **asked)
        rows += msgspec.convert(answer.get("serviceDeployments", []), list[ServiceDeployment])
        if not answer.get("nextToken"):
            break
        asked["nextToken"] = answer["nextToken"]
    return sorted(rows, key=_began, reverse=True)[:most]


def _began(deployment: ServiceDeployment) -> float:
    at = deployment.created_at or deployment.started_at
    return at.timestamp() if at else 0.0


def _revisions(client: Client, wanted: Sequence[str]) -> dict[str, Revision]:
    """Return service revisions by ARN."""
    arns = [arn for arn in dict.fromkeys(wanted) if arn]
    batches = [arns[at : at + _BATCH] for at in range(0, len(arns), _BATCH)]

    def batch(some: list[str]) -> Revisions:
        return client.read(Revisions, "ecs", "describe_service_revisions", serviceRevisionArns=some)

    answers = client.all(batch, batches) if batches else []
    rows = [row for answer in answers for row in answer.service_revisions]
    return {row.service_revision_arn: row for row in rows}


def _is_short(deployments: list[ServiceDeployment], revisions: dict[str, Revision]) -> bool:
    """Whether the history holds only what is live: ECS shows 90 days."""
    served = {
        revisions[row.target_service_revision_arn].task_definition
        for row in deployments
        if row.status in ("SUCCESSFUL", *UNFINISHED)
        and row.target_service_revision_arn in revisions
    }
    return bool(deployments) and len(served) < 2


def _before(
    client: Client, oldest: ServiceDeployment
) -> tuple[list[ServiceDeployment], dict[str, Revision]]:
    """Return what the oldest deployment replaced, as a deployment without a time of its own."""
    asked = [oldest.service_deployment_arn]
    answer = client.ask("ecs", "describe_service_deployments", serviceDeploymentArns=asked)
    rows = answer.get("serviceDeployments", [])
    came = [each.get("arn", "") for row in rows for each in row.get("sourceServiceRevisions", [])]
    revisions = _revisions(client, came) if len(came) == 1 else {}
    if not revisions:
        return [], {}
    (arn,) = revisions
    return [
        ServiceDeployment(f"{arn}/{BEFORE}", "SUCCESSFUL", BEFORE, arn, oldest.created_at)
    ], revisions


def _active(client: Client, service: Service) -> list[str]:
    """Return the newest hundred ACTIVE revisions of the service's family."""
    asked = {"familyPrefix": family(service.live), "status": "ACTIVE", "sort": "DESC"}
    answer = client.ask("ecs", "list_task_definitions", maxResults=_PAGE, **asked)
    rows = map(str, answer.get("taskDefinitionArns", []))
    return [arn for arn in rows if family(arn) == family(service.live)]


def told(read: Read) -> Iterator[dict[str, str | None]]:
    """Yield the deployments of a service for people, newest first."""
    for row in read.deployments:
        yield {
            "id": short(row.service_deployment_arn),
            "status": row.status,
            "reason": clean(row.status_reason, 160),
            "task_definition": short(read.definition_of(row)),
            "began": utc(row.started_at or row.created_at),
            "ended": utc(row.finished_at),
        }
