"""A service with task sets before the emulator: each set is a service of it, with real containers.

ECS as its clients see it: one service with the controller CODE_DEPLOY, whose PRIMARY set has the traffic.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any

from cloud import ACCOUNT, REGION, Cluster
from proxy import Ask

PORT = 8080
GROUPS = [
    f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/{colour}/1"
    for colour in ("blue", "green")
]


@dataclass
class TaskSet:
    """`hidden` is the emulator's service that runs its tasks."""

    id: str
    definition: str
    external_id: str
    hidden: str
    status: str = "ACTIVE"
    container: str = "app"
    port: int = PORT
    group: str = GROUPS[0]


class Refused(Exception):
    """An error of the vendor: its code, and what it says."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


class BlueGreen:
    """`sets` are those that have tasks; the first one is as the service was made."""

    def __init__(self, cluster: Cluster, name: str, image: str, desired: int = 1) -> None:
        self.cluster, self.name, self.desired, self.breaker = cluster, name, desired, True
        self._numbers = itertools.count(1)
        self.sets: list[TaskSet] = []
        first = self.added(self.arn(cluster.register(name, image)), "")
        cluster.settled(first.hidden)
        first.status = "PRIMARY"
        self.made_with = first.definition

    @property
    def primary(self) -> TaskSet:
        return next(each for each in self.sets if each.status == "PRIMARY")

    @property
    def live(self) -> str:
        return self.primary.definition.rpartition("/")[2]

    def versions(self) -> list[str]:
        """What the containers that have the traffic say that they are."""
        return self.cluster.versions(self.primary.hidden)

    def arn(self, definition: str) -> str:
        return f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{definition}"

    # ---- what CodeDeploy does with it ------------------------------------------------------------

    def added(
        self, definition: str, external_id: str, place: tuple[str, int] = ("app", PORT)
    ) -> TaskSet:
        number = next(self._numbers)
        made = TaskSet(f"ecs-svc/{number}", definition, external_id, f"{self.name}--{number}")
        made.container, made.port = place
        made.group = GROUPS[number % 2]
        self.cluster.ecs.create_service(
            cluster=self.cluster.name,
            serviceName=made.hidden,
            taskDefinition=definition,
            desiredCount=self.desired,
            launchType="EC2",
            deploymentConfiguration={
                "deploymentCircuitBreaker": {"enable": self.breaker, "rollback": False}
            },
        )
        self.cluster.services.append(made.hidden)
        self.sets.append(made)
        return made

    def settled(self, wanted: TaskSet) -> bool:
        """Whether its tasks run now, or will not."""
        known = self.cluster.service(wanted.hidden)
        state = known["deployments"][0]["rolloutState"]
        return bool(state == "COMPLETED" and known["runningCount"] == self.desired)

    def failed(self, wanted: TaskSet) -> bool:
        known = self.cluster.service(wanted.hidden)
        return bool(known["deployments"][0].get("rolloutState") == "FAILED")

    def shift(self, wanted: TaskSet) -> None:
        """All traffic to this set."""
        for each in self.sets:
            each.status = "PRIMARY" if each is wanted else "ACTIVE"

    def ended(self, gone: TaskSet) -> None:
        gone.status = "DRAINING"
        self.cluster.ecs.delete_service(cluster=self.cluster.name, service=gone.hidden, force=True)
        self.sets.remove(gone)

    # ---- what ECS answers ------------------------------------------------------------------------

    def answer(self, operation: str, asked: Any, ask: Ask) -> Any:
        """Return the answer to a call about this service, None if it is about others."""
        if operation == "DescribeServices" and self.name in asked["services"]:
            return self._described(asked, ask)
        if asked.get("serviceName") == self.name and operation == "ListTasks":
            sets = [each.hidden for each in self.sets]
            answers = [ask(operation, {**asked, "serviceName": hidden}) for hidden in sets]
            return {"taskArns": [arn for known in answers for arn in known.get("taskArns", [])]}
        if asked.get("service") == self.name and operation == "ListServiceDeployments":
            return {"serviceDeployments": []}
        if asked.get("service") == self.name and operation == "UpdateService":
            message = "Unable to update task definition on services with a CODE_DEPLOY deployment controller."
            raise Refused("InvalidParameterException", message)
        return None

    def _described(self, asked: Any, ask: Ask) -> Any:
        others = [name for name in asked["services"] if name != self.name]
        known: Any = {"services": [], "failures": []}
        if others:
            known = ask("DescribeServices", {**asked, "services": others})
        hidden = [each.hidden for each in self.sets]
        told = ask("DescribeServices", {"cluster": asked["cluster"], "services": hidden})
        rows = {row["serviceName"]: row for row in told["services"]}
        first = next(iter(rows.values()))
        arn = f"{first['serviceArn'].rpartition('/')[0]}/{self.name}"
        service = {
            "serviceName": self.name,
            "serviceArn": arn,
            "clusterArn": first["clusterArn"],
            "status": "ACTIVE",
            "taskDefinition": self.made_with,
            "desiredCount": self.desired,
            "runningCount": sum(row["runningCount"] for row in rows.values()),
            "pendingCount": sum(row["pendingCount"] for row in rows.values()),
            "deployments": [],
            "taskSets": [self._shown(each, rows[each.hidden], arn) for each in self.sets],
            "deploymentController": {"type": "CODE_DEPLOY"},
            "loadBalancers": [self._balancer(self.sets[0])],
            "events": [],
        }
        return {**known, "services": [*known["services"], service]}

    def _balancer(self, known: TaskSet) -> Any:
        place = {"containerName": known.container, "containerPort": known.port}
        return {"targetGroupArn": known.group, **place}

    def _shown(self, known: TaskSet, row: Any, service: str) -> Any:
        steady = row["runningCount"] == self.desired and not row["pendingCount"]
        external = {"externalId": known.external_id} if known.external_id else {}
        return {
            "id": known.id,
            "taskSetArn": f"{service.replace(':service/', ':task-set/')}/{known.id}",
            "serviceArn": service,
            "clusterArn": row["clusterArn"],
            "startedBy": "CODE_DEPLOY",
            "status": known.status,
            "taskDefinition": known.definition,
            "computedDesiredCount": self.desired,
            "runningCount": row["runningCount"],
            "pendingCount": row["pendingCount"],
            "createdAt": time.time(),
            "updatedAt": time.time(),
            "launchType": "EC2",
            "loadBalancers": [self._balancer(known)],
            "scale": {"value": 100.0, "unit": "PERCENT"},
            "stabilityStatus": "STEADY_STATE" if steady else "STABILIZING",
            "stabilityStatusAt": time.time(),
            **external,
        }
