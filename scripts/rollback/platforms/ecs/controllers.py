"""Services that `update-service` cannot move: CodeDeploy and external controllers. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding, Move
from rollback.platforms.ecs import details
from rollback.platforms.ecs.script import typed


def findings(move: Move) -> Iterator[Finding]:
    """Yield a blocker with the commands that a person can use instead."""
    known, goal = details.of(move.target), details.sides(move)[1]
    service = known.service(move.target.app)
    if service.controller == "CODE_DEPLOY":
        message = (
            f"{service.name} is deployed by CodeDeploy (blue/green): this version does not drive it"
        )
        fix = (
            "while a deployment runs: aws deploy stop-deployment --deployment-id ID"
            " --auto-rollback-enabled; afterwards: aws deploy create-deployment with an AppSpec"
            f" whose TaskDefinition is {goal.arn}"
        )
        yield Finding("blocker", "controller-code-deploy", message, fix)
    elif service.controller != "ECS":
        message = (
            f"{service.name} has an external deployment controller: ECS does not move its task sets"
        )
        place = ("--cluster", known.cluster, "--service", service.name)
        make = typed(known, "create-task-set", *place, "--task-definition", goal.name)
        use = typed(known, "update-service-primary-task-set", *place, "--primary-task-set", "ID")
        fix = f"use the controller's own rollback, or: {make}; then {use}"
        yield Finding("blocker", "controller-external", message, fix)
