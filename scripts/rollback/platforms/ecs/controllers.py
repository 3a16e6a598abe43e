"""Services that `update-service` cannot move: CodeDeploy and external controllers. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding
from rollback.platforms.ecs.answers import Service, family


def findings(service: Service) -> Iterator[Finding]:
    """Yield a blocker with the commands that a person can use instead."""
    name, controller = service.service_name, service.deployment_controller.type
    if controller == "CODE_DEPLOY":
        message = f"{name} is deployed by CodeDeploy (blue/green): this version does not drive it"
        fix = (
            "while a deployment runs: aws deploy stop-deployment --deployment-id ID"
            " --auto-rollback-enabled; afterwards: aws deploy create-deployment with an AppSpec"
            " whose TaskDefinition is the ARN of the old one"
        )
        yield Finding("blocker", "controller-code-deploy", message, fix)
    elif controller != "ECS":
        message = f"{name} has an external deployment controller: ECS does not move its task sets"
        place = f"--cluster {service.cluster_arn} --service {name}"
        old = f"{family(service.live) or 'FAMILY'}:NUMBER"
        fix = (
            f"use the controller's own rollback, or: aws ecs create-task-set {place}"
            f" --task-definition {old}; then: aws ecs update-service-primary-task-set {place}"
            " --primary-task-set ID"
        )
        yield Finding("blocker", "controller-external", message, fix)
