"""What CodeDeploy tells of one service, and what follows from it. Pure."""

from __future__ import annotations

from msgspec import Struct

from rollback.platforms.ecs.answers import Service, TaskSet
from rollback.platforms.ecs.codedeploy.answers import RUNNING, Deployment, Group, Routing
from rollback.platforms.ecs.codedeploy.appspec import AppSpec


class Known(Struct, frozen=True):
    """`deployments` newest first; `specs`: deployment -> its AppSpec, where that can be read.

    `routing` is None where the deployment configuration cannot be read.
    """

    application: str
    group: str
    info: Group
    deployments: tuple[Deployment, ...] = ()
    specs: dict[str, AppSpec] = {}
    routing: Routing | None = None

    @property
    def busy(self) -> Deployment | None:
        return next((row for row in self.deployments if row.status in RUNNING), None)

    @property
    def last(self) -> AppSpec | None:
        """Return the AppSpec of the newest deployment that succeeded; None if it is unknown."""
        succeeded = (
            row for row in self.deployments if row.status == "Succeeded" and not row.is_rollback
        )
        newest = next(succeeded, None)
        return self.specs.get(newest.deployment_id) if newest else None

    def spec_of(self, arn: str) -> AppSpec | None:
        """Return the AppSpec that brought a task definition last, of one that succeeded if any."""
        rows = sorted(self.deployments, key=lambda row: row.status != "Succeeded")
        every = (self.specs.get(row.deployment_id) for row in rows)
        return next((spec for spec in every if spec and spec.task_definition == arn), None)


def brought(service: Service, known: Known, deployment: Deployment) -> str:
    """Return the task definition that a deployment brings, or goes back to; "" if unknown."""
    own = (row.task_definition for row in _kept(service, deployment.deployment_id, own=True))
    if arn := next(own, ""):
        return arn
    if deployment.is_rollback:
        left = deployment.rollback_info.rollback_triggering_deployment_id
        return next((row.task_definition for row in _kept(service, left, own=False)), "")
    spec = known.specs.get(deployment.deployment_id)
    return spec.task_definition if spec else ""


def returns(service: Service, deployment: Deployment) -> str:
    """Return the task definition that stopping it leads back to; "" if that is not clear."""
    if deployment.is_rollback:
        return ""
    others = {row.task_definition for row in _kept(service, deployment.deployment_id, own=False)}
    return others.pop() if len(others) == 1 else ""


def failed_since(service: Service, known: Known, arn: str) -> Deployment | None:
    """Return the last deployment of a task definition, if it failed after one that succeeded."""
    every = [
        row
        for row in known.deployments
        if not row.is_rollback and brought(service, known, row) == arn
    ]
    last = next((row for row in every if row.status not in RUNNING), None)
    served = any(row.status == "Succeeded" for row in every)
    return last if last and served and (last.status == "Failed" or last.is_unwell) else None


def left_over(service: Service, known: Known) -> tuple[TaskSet, Deployment | None] | None:
    """Return a task set beside PRIMARY with no deployment under way, and what left it there.

    That is a deployment of one of the two that did not succeed, and was not gone back from.
    """
    beside = [row for row in service.task_sets if row.status not in ("PRIMARY", "DRAINING")]
    if known.busy or not beside:
        return None
    ids = {row.external_id for row in service.task_sets if row.status != "DRAINING"}
    done = {row.deployment_id for row in known.deployments if row.status == "Succeeded"}
    ended = (
        row
        for row in known.deployments
        if row.deployment_id in ids
        and not {row.deployment_id, row.rollback_info.rollback_deployment_id} & done
    )
    return beside[0], next(ended, None)


def _kept(service: Service, id: str, own: bool) -> list[TaskSet]:
    """Return the task sets that still run: those of a deployment, or the others."""
    running = (row for row in service.task_sets if row.status != "DRAINING")
    return [row for row in running if (row.external_id == id) == own]
