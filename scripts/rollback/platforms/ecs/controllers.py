"""Services that a plan cannot move: of external controllers, or where CodeDeploy tells nothing.

They block; the findings have the commands that a person runs instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rollback.errors import RollbackError
from rollback.model import Finding, Move
from rollback.platforms.ecs import details, targets
from rollback.platforms.ecs.answers import LoadBalancer, Service, family
from rollback.aws.client import Client
from rollback.platforms.ecs.details import Details
from rollback.platforms.ecs.script import typed_deploy
from rollback.text import clean

CODE_DEPLOY = "CODE_DEPLOY"
_RUNNING = ("Created", "Queued", "InProgress", "Baking", "Ready")


def findings(service: Service, untold: str = "") -> Iterator[Finding]:
    """Yield a blocker for what cannot be moved; `untold`: why CodeDeploy tells nothing."""
    name, controller = service.service_name, service.deployment_controller.type
    if controller == CODE_DEPLOY and untold:
        message = f"{name} is deployed by CodeDeploy (blue/green), and {clean(untold, 240)}"
        fix = (
            "allow codedeploy:Get*, List*, BatchGet*, CreateDeployment and StopDeployment; or name"
            " a release: the plan then has the aws deploy command that leads to it"
        )
        yield Finding("blocker", "controller-code-deploy", message, fix)
    elif controller not in ("ECS", CODE_DEPLOY):
        message = f"{name} has an external deployment controller: ECS does not move its task sets"
        region = service.cluster_arn.split(":")[3]
        place = f"--cluster {service.cluster_arn} --service {name} --region {region}"
        old = f"{family(service.live) or 'FAMILY'}:NUMBER"
        fix = (
            f"use the controller's own rollback, or: aws ecs create-task-set {place}"
            f" --task-definition {old}; then: aws ecs update-service-primary-task-set {place}"
            " --primary-task-set ID"
        )
        yield Finding("blocker", "controller-external", message, fix)


def commands(move: Move, client: Client) -> Iterator[Finding]:
    """Yield the commands that take a CodeDeploy service to the target. Raises Unreadable."""
    known = details.of(move.target)
    service_details = known.service(move.target.app)
    if service_details.controller != CODE_DEPLOY or service_details.codedeploy:
        return
    (service,) = targets.read(client, known.cluster, [move.target.app])
    goal = details.sides(move)[1]
    deployments = _deployments(client, service)
    busy = next((row for row in deployments if row.get("status") in _RUNNING), None)
    create = _create(known, goal.arn, service, deployments)
    if busy is None:
        way = create
    else:
        kept = {each.task_definition for each in service.task_sets if each.status != "DRAINING"}
        others = kept - {_of(service, busy)}
        stop = typed_deploy(known, "stop-deployment", "--deployment-id", str(busy["deploymentId"]))
        stop += " --auto-rollback-enabled"
        way = stop if others == {goal.arn} else f"{stop}; once it has ended: {create}"
    message = (
        f"by hand, to {goal.name}; afterwards the PRIMARY task set must be on it"
        " (aws ecs describe-services --query 'services[0].taskSets')"
    )
    yield Finding("note", "codedeploy-commands", f"{service.service_name} {message}", way)


def _deployments(client: Client, service: Service) -> list[dict[str, Any]]:
    """Return the CodeDeploy deployments that made the task sets, those that may be read."""
    ids = [each.external_id for each in service.task_sets if each.external_id.startswith("d-")]

    def read(id: str) -> dict[str, Any] | RollbackError:
        return client.attempt(_deployment, client, id)

    answers = client.all(read, list(dict.fromkeys(ids))) if ids else []
    return [answer for answer in answers if isinstance(answer, dict)]


def _deployment(client: Client, id: str) -> dict[str, Any]:
    answer = client.ask("codedeploy", "get_deployment", deploymentId=id)
    return {"deploymentId": id, **answer.get("deploymentInfo", {})}


def _of(service: Service, deployment: dict[str, Any]) -> str:
    """Return the task definition that a deployment brings."""
    id = deployment["deploymentId"]
    return next(each.task_definition for each in service.task_sets if each.external_id == id)


def _create(known: Details, arn: str, service: Service, deployments: list[dict[str, Any]]) -> str:
    named = deployments[0] if deployments else {}
    balancers = [each for row in service.task_sets for each in row.load_balancers]
    balancer = next((each for each in (*balancers, *service.load_balancers)), LoadBalancer())
    place = {
        "ContainerName": balancer.container_name or "CONTAINER",
        "ContainerPort": balancer.container_port,
    }
    properties = {"TaskDefinition": arn, "LoadBalancerInfo": place}
    resource = {"Type": "AWS::ECS::Service", "Properties": properties}
    content = json.dumps({"version": "0.0", "Resources": [{"TargetService": resource}]})
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}
    words = (
        *("--application-name", named.get("applicationName", "APPLICATION")),
        *("--deployment-group-name", named.get("deploymentGroupName", "GROUP")),
        *("--revision", json.dumps(revision)),
    )
    return typed_deploy(known, "create-deployment", *words)
