"""Deployments of CodeDeploy as rows of a service's history, beside those that ECS makes. Pure.

What CodeDeploy went back to by itself is no row: it served before. What it left, failed or was
stopped. Only an error about the release itself condemns it, and none that succeeded before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollback.platforms.ecs.answers import (
    ContainerImage,
    Definition,
    Revision,
    Service,
    ServiceDeployment,
)
from rollback.platforms.ecs.codedeploy.answers import RUNNING, Deployment
from rollback.platforms.ecs.codedeploy.known import Known, brought


def of(service: Service, known: Known) -> list[ServiceDeployment]:
    """Return the deployments whose task definition is known, newest first."""
    named = {row.deployment_id: brought(service, known, row) for row in known.deployments}
    served = {named[row.deployment_id] for row in known.deployments if row.status == "Succeeded"}
    return [
        _row(row, arn, arn in served)
        for row in known.deployments
        if (arn := named[row.deployment_id]) and (not row.is_rollback or row.status in RUNNING)
    ]


def unknown(service: Service, known: Known) -> list[Deployment]:
    """Return the deployments that succeeded with a task definition that nothing tells."""
    return [
        row
        for row in known.deployments
        if row.status == "Succeeded" and not row.is_rollback and not brought(service, known, row)
    ]


def _row(row: Deployment, arn: str, served: bool) -> ServiceDeployment:
    return ServiceDeployment(
        service_deployment_arn=row.deployment_id,
        status=_state(row, served),
        status_reason=_reason(row),
        target_service_revision_arn=arn,
        created_at=row.create_time,
        started_at=row.start_time,
        finished_at=row.complete_time,
    )


def _state(row: Deployment, served: bool) -> str:
    """Return its status in the words of ECS."""
    if row.status in RUNNING:
        return "IN_PROGRESS"
    if row.status == "Succeeded":
        return "SUCCESSFUL"
    if served or not row.is_unwell:
        return "STOPPED"
    return "ROLLBACK_SUCCESSFUL" if row.rollback_info.rollback_deployment_id else "ROLLBACK_FAILED"


def _reason(row: Deployment) -> str:
    """Return why it ended as it did; "" for one that succeeded."""
    if row.status not in ("Failed", "Stopped"):
        return ""
    said = row.error_information.message or row.rollback_info.rollback_message
    why = f": {said}" if said else ""
    back = "; CodeDeploy went back" if row.rollback_info.rollback_deployment_id else ""
    return f"its deployment {row.deployment_id} {row.status.lower()}{why}{back}"


def revisions(
    arns: Sequence[str],
    definitions: Mapping[str, Definition | None],
    tasks: Sequence[Mapping[str, Any]],
) -> dict[str, Revision]:
    """Return task definitions as revisions: their images, with the digests of tasks that run."""
    digests = {
        (str(task.get("taskDefinitionArn")), str(each.get("name"))): str(each["imageDigest"])
        for task in tasks
        for each in task.get("containers", ())
        if each.get("imageDigest")
    }
    return {arn: Revision(arn, arn, _images(arn, definitions.get(arn), digests)) for arn in arns}


def _images(
    arn: str, known: Definition | None, digests: Mapping[tuple[str, str], str]
) -> tuple[ContainerImage, ...]:
    every = known.raw.get("containerDefinitions", ()) if known else ()
    return tuple(
        ContainerImage(each["name"], each["image"], digests.get((arn, each["name"]), ""))
        for each in every
    )
