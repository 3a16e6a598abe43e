"""The shapes of what ECS answers, as far as this adapter reads them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from msgspec import Struct


class Answer(Struct, frozen=True, rename="camel"):
    """Whatever may be missing has a default."""


class Deployment(Answer, frozen=True):
    """A deployment as a service lists it: only those that have tasks, or failed last."""

    id: str = ""
    status: str = ""
    task_definition: str = ""
    rollout_state: str = ""
    rollout_state_reason: str = ""
    running_count: int = 0
    desired_count: int = 0
    failed_tasks: int = 0
    created_at: datetime | None = None


class TypeOf(Answer, frozen=True):
    type: str = "ECS"


class Tag(Answer, frozen=True):
    key: str = ""
    value: str = ""


class LoadBalancer(Answer, frozen=True):
    target_group_arn: str = ""
    container_name: str = ""
    container_port: int = 0


class Breaker(Answer, frozen=True):
    enable: bool = False
    rollback: bool = False


class Configuration(Answer, frozen=True):
    deployment_circuit_breaker: Breaker = Breaker()
    strategy: str = ""
    bake_time_in_minutes: int = 0


class TaskSet(Answer, frozen=True):
    """What CodeDeploy or another controller made; `external_id` is its deployment there."""

    status: str = ""
    task_definition: str = ""
    external_id: str = ""
    created_at: datetime | None = None
    load_balancers: tuple[LoadBalancer, ...] = ()


class Event(Answer, frozen=True):
    message: str = ""


class Service(Answer, frozen=True):
    service_name: str
    service_arn: str
    cluster_arn: str
    status: str = ""
    task_definition: str = ""
    desired_count: int = 0
    running_count: int = 0
    pending_count: int = 0
    deployments: tuple[Deployment, ...] = ()
    task_sets: tuple[TaskSet, ...] = ()
    deployment_controller: TypeOf = TypeOf()
    deployment_configuration: Configuration = Configuration()
    load_balancers: tuple[LoadBalancer, ...] = ()
    tags: tuple[Tag, ...] = ()
    created_by: str = ""
    events: tuple[Event, ...] = ()

    @property
    def primary(self) -> Deployment:
        """Return the deployment that ECS moves the service to, or keeps it on."""
        made = (each.created_at for each in self.task_sets if each.status == "PRIMARY")
        fallback = Deployment(task_definition=self.task_definition, created_at=next(made, None))
        return next((each for each in self.deployments if each.status == "PRIMARY"), fallback)

    @property
    def balancers(self) -> tuple[LoadBalancer, ...]:
        """Return where its traffic comes from: of the PRIMARY task set, which moves between two."""
        sets = (each.load_balancers for each in self.task_sets if each.status == "PRIMARY")
        return next(sets, ()) or self.load_balancers

    @property
    def live(self) -> str:
        """Return the ARN of the task definition that the service is on.

        A controller of its own moves task sets; the service may still name what it was made with.
        """
        sets = (each.task_definition for each in self.task_sets if each.status == "PRIMARY")
        return next(sets, "") or self.primary.task_definition


class Failure(Answer, frozen=True):
    arn: str = ""
    reason: str = ""


class Services(Answer, frozen=True):
    services: tuple[Service, ...] = ()
    failures: tuple[Failure, ...] = ()


class ServiceDeployment(Answer, frozen=True):
    """A deployment as the service's history lists it."""

    service_deployment_arn: str
    status: str = ""
    status_reason: str = ""
    target_service_revision_arn: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


class ContainerImage(Answer, frozen=True):
    container_name: str = ""
    image: str = ""
    image_digest: str = ""


class Revision(Answer, frozen=True):
    service_revision_arn: str
    task_definition: str = ""
    container_images: tuple[ContainerImage, ...] = ()


class Revisions(Answer, frozen=True):
    service_revisions: tuple[Revision, ...] = ()


class Definition(Answer, frozen=True):
    """`raw` is the definition as it came: what a copy is registered from."""

    arn: str
    status: str
    registered_at: datetime | None
    raw: dict[str, Any]
    tags: tuple[Tag, ...] = ()


def utc(at: datetime | None) -> str | None:
    """Return a time as Release has it."""
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def short(arn: str) -> str:
    """Return "shop:7" of a task definition's ARN."""
    return arn.rpartition("/")[2]


def family(arn: str) -> str:
    return short(arn).rpartition(":")[0]


def number(arn: str) -> int:
    """Return the revision number of a task definition; 0 where it has none."""
    revision = arn.rpartition(":")[2]
    return int(revision) if revision.isdecimal() else 0
