"""An AWS account in memory. Each request and answer is held against the vendor's own service model."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from ecs_codedeploy import ACCOUNT, NOW, REGION, CodeDeployAccount, Deployed, arn, definition

from rollback.aws import failures
from rollback.aws.client import Client
from rollback.errors import RollbackError
from rollback.flow import choose, compose
from rollback.model import Finding, Move, Release, Target
from rollback.platforms import ecs
from rollback.platforms.ecs import copies, history, images
from rollback.platforms.ecs.details import Details, sides
from rollback.platforms.ecs.releases import from_reads
from rollback.platforms.ecs.targets import details_of
from rollback.platforms.ecs.targets import read as read_services
from tests.aws_model import check

CASES = json.loads((Path(__file__).parents[1] / "cases/platforms/ecs.json").read_text())
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/prod"


class Account(CodeDeployAccount, Client):
    """`refusals`: operation -> error code. `requests` are the operations that were asked for."""

    def __init__(self, services: dict[str, list[str]], **facts: Any) -> None:
        self.profile, self.region, self._pool = None, REGION, None
        self.facts, self.requests, self.kept = facts, [], {}
        self.refusals: dict[str, str] = facts.get("refusals", {})
        self.rows = {name: [_row(name, text) for text in rows] for name, rows in services.items()}
        self.locked = threading.Lock()
        self.deployments = [Deployed.of(text) for text in facts.get("codedeploy", ())]

    def ask(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        with self.locked:
            self.requests.append(operation)
        name = "".join(word.title() for word in operation.split("_"))
        check(service, name, parameters, "input_shape")
        if code := self.refusals.get(operation):
            told = {"Error": {"Code": code, "Message": "User is not authorized"}}
            raise failures.refused(told, "profile default", f"{service} {operation}")
        answer: dict[str, Any] = getattr(self, operation)(parameters)
        if "Error" in answer:
            raise failures.refused(answer, "profile default", f"{service} {operation}")
        check(service, name, answer, "output_shape")
        return answer

    # ---- operations ------------------------------------------------------------------------

    def describe_services(self, asked: Any) -> Any:
        every = [self._service(name) for name in asked["services"] if name in self.rows]
        missing = [name for name in asked["services"] if name not in self.rows]
        lost = [{"arn": arn("service", f"prod/{name}"), "reason": "MISSING"} for name in missing]
        return {"services": every, "failures": lost}

    def list_service_deployments(self, asked: Any) -> Any:
        rows = [row["shown"] for row in self.rows[asked["service"]]]
        rows = rows[: self.facts.get("shown", len(rows))]
        return {"serviceDeployments": [] if self.facts.get("silent") else rows}

    def describe_service_revisions(self, asked: Any) -> Any:
        every = {
            row["revision"]["serviceRevisionArn"]: row["revision"]
            for rows in self.rows.values()
            for row in rows
        }
        wanted = asked["serviceRevisionArns"]
        return {"serviceRevisions": [every[one] for one in wanted if one in every], "failures": []}

    def describe_service_deployments(self, asked: Any) -> Any:
        rows = []
        for known in self.rows.values():
            for row, before in pairwise(known):
                if row["shown"]["serviceDeploymentArn"] in asked["serviceDeploymentArns"]:
                    source = {"arn": before["revision"]["serviceRevisionArn"]}
                    plain = {
                        k: v for k, v in row["shown"].items() if k != "targetServiceRevisionArn"
                    }
                    rows.append({**plain, "sourceServiceRevisions": [source]})
        return {"serviceDeployments": rows, "failures": []}

    def list_task_definitions(self, asked: Any) -> Any:
        names = {row["name"] for rows in self.rows.values() for row in rows} | set(
            self.facts.get("registered", ())
        )
        gone = {*self.facts.get("inactive", ()), *self.facts.get("deleted", ())}
        return {"taskDefinitionArns": [definition(name) for name in sorted(names - gone)]}

    def describe_task_definition(self, asked: Any) -> Any:
        name = asked["taskDefinition"].rpartition("/")[2]
        if name in self.facts.get("deleted", ()):
            return {
                "Error": {
                    "Code": "ClientException",
                    "Message": "Unable to describe task definition.",
                }
            }
        copied = self.facts.get("copies", {}).get(name, name)
        status = "INACTIVE" if name in self.facts.get("inactive", ()) else "ACTIVE"
        return {
            "taskDefinition": {
                "taskDefinitionArn": asked["taskDefinition"],
                "family": name.partition(":")[0],
                "revision": int(name.partition(":")[2]),
                "status": status,
                "registeredAt": NOW,
                "volumes": [],
                "containerDefinitions": [
                    {
                        "name": "app",
                        "image": image_of(copied),
                        "environment": [{"name": "PASSWORD", "value": f"hunter-{copied}"}],
                    }
                ],
            },
            "tags": [{"key": "team", "value": "shop"}, {"key": "aws:x", "value": "1"}],
        }

    def list_tasks(self, asked: Any) -> Any:
        if sets := self.facts.get("sets"):
            return {"taskArns": [self._task_of(name)["taskArn"] for _, name, _ in sets]}
        return {"taskArns": [arn("task", f"prod/{asked['serviceName']}-1")]}

    def describe_tasks(self, asked: Any) -> Any:
        names = [task.rpartition("/")[2].rpartition("-")[0] for task in asked["tasks"]]
        if sets := self.facts.get("sets"):
            return {"tasks": [self._task_of(name) for _, name, _ in sets], "failures": []}
        rows = [
            {
                "taskArn": arn("task", f"prod/{name}-1"),
                "taskDefinitionArn": self._service(name)["taskDefinition"],
                "lastStatus": "RUNNING",
                "healthStatus": self.facts.get("health", "UNKNOWN"),
            }
            for name in names
        ]
        return {"tasks": rows, "failures": []}

    def describe_target_health(self, asked: Any) -> Any:
        states = self.facts.get("targets", ["healthy"])
        return {
            "TargetHealthDescriptions": [{"TargetHealth": {"State": state}} for state in states]
        }

    def get_caller_identity(self, asked: Any) -> Any:
        return {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/ana"}

    def _task_of(self, name: str) -> dict[str, Any]:
        """A task of a task set."""
        digest = {"imageDigest": digest_of(name)} if self.facts.get("digests") else {}
        container = {"name": "app", "image": image_of(name), **digest}
        return {
            "taskArn": arn("task", f"prod/{name.replace(':', '-')}"),
            "taskDefinitionArn": definition(name),
            "lastStatus": "RUNNING",
            "containers": [container],
        }

    def _task_set(self, status: str, name: str, id: str) -> dict[str, Any]:
        """A task set that a CodeDeploy deployment made."""
        balancer = {"targetGroupArn": "arn:blue", "containerName": "app", "containerPort": 8080}
        facts = {"status": status, "externalId": id, "loadBalancers": [balancer]}
        return {"taskDefinition": definition(name), **facts}

    def list_services(self, asked: Any) -> Any:
        return {"serviceArns": [arn("service", f"prod/{name}") for name in self.rows]}

    def list_clusters(self, asked: Any) -> Any:
        return {"clusterArns": [CLUSTER, arn("cluster", "staging")]}

    def batch_get_image(self, asked: Any) -> Any:
        known: dict[str, str] = self.facts.get("registry", {})  # tag -> digest
        images, lost = [], []
        for wanted in asked["imageIds"]:
            tag, digest = wanted.get("imageTag"), wanted.get("imageDigest")
            held = known.get(tag, "") if tag else digest if digest in known.values() else ""
            if held:
                images.append(
                    {"imageId": {"imageDigest": held, **({"imageTag": tag} if tag else {})}}
                )
            else:
                lost.append({"imageId": wanted, "failureCode": "ImageNotFound"})
        return {"images": images, "failures": lost}

    def _service(self, name: str) -> dict[str, Any]:
        states = [(row["name"], row["shown"]["status"]) for row in self.rows[name]]
        going = ("SUCCESSFUL", "IN_PROGRESS", "PENDING")
        made = "shop:1"  # what a service was made with, where CodeDeploy deployed all else
        live = self.facts.get("live", {}).get(name) or next(
            (row for row, status in states if status in going), made
        )
        newest = states[0][1] if states else ""
        primary = {
            "id": "ecs-svc/1",
            "status": "PRIMARY",
            "taskDefinition": definition(live),
            "desiredCount": self.facts.get("desired", 1),
            "runningCount": self.facts.get("up", 1),
            "rolloutState": "IN_PROGRESS" if newest in ("IN_PROGRESS", "PENDING") else "COMPLETED",
            "createdAt": NOW - timedelta(hours=1),
        }
        tags = self.facts.get("tags", {}).get(name, {})
        sets = [self._task_set(*each) for each in self.facts.get("sets", ())]
        return {
            "serviceName": name,
            "serviceArn": arn("service", f"prod/{name}"),
            "clusterArn": CLUSTER,
            "status": "ACTIVE",
            "taskDefinition": definition(live),
            "desiredCount": primary["desiredCount"],
            "runningCount": primary["runningCount"],
            "deployments": [] if sets else [primary],
            "taskSets": sets,
            "deploymentController": {"type": self.facts.get("controller", "ECS")},
            "loadBalancers": [{"targetGroupArn": group} for group in self.facts.get("groups", ())],
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }


def image_of(name: str) -> str:
    family, _, number = name.partition(":")
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{family}:v{number}"


def digest_of(name: str) -> str:
    return f"sha256:{int(name.rpartition(':')[2]):064x}"


_HOURS = {"d": 24.0, "h": 1.0, "m": 1 / 60}


def _row(service: str, text: str) -> dict[str, Any]:
    """A deployment from "<family:revision> <status> <age> [reason]": "shop:7 SUCCESSFUL 3d"."""
    name, status, age, *reason = text.split(" ", 3)
    at = NOW - timedelta(hours=float(age[:-1]) * _HOURS[age[-1]])
    id = f"prod/{service}/{name.replace(':', '-')}-{age}"
    ended = (
        {} if status in ("PENDING", "IN_PROGRESS") else {"finishedAt": at + timedelta(minutes=3)}
    )
    shown = {
        "serviceDeploymentArn": arn("service-deployment", id),
        "serviceArn": arn("service", f"prod/{service}"),
        "clusterArn": CLUSTER,
        "status": status,
        "createdAt": at,
        "startedAt": at,
        "targetServiceRevisionArn": arn("service-revision", id),
        **ended,
        **({"statusReason": reason[0]} if reason else {}),
    }
    image = {"containerName": "app", "image": image_of(name), "imageDigest": digest_of(name)}
    revision = {
        "serviceRevisionArn": arn("service-revision", id),
        "taskDefinition": definition(name),
        "containerImages": [image],
        "createdAt": at,
    }
    return {"name": name, "shown": shown, "revision": revision}


# ---- the product over it ---------------------------------------------------------------------


def read(account: Account) -> list[Release]:
    services = read_services(account, "prod", list(account.rows))
    return from_reads([history.read(account, each, 50) for each in services])


def target(account: Account) -> Target:
    services = read_services(account, "prod", list(account.rows))
    known = Details(CLUSTER, REGION, None, tuple(map(details_of, services)))
    return Target(
        "production", "app", "ecs", services[0].service_name, CLUSTER, True, details=known
    )


def moves(account: Account, wanted: str = "previous") -> list[Move]:
    known = read(account)
    to = choose.choose(known, wanted).to
    assert to
    return compose.with_ids("app", ecs.moves(target(account), choose.live(known), to))


def about_images(account: Account, wanted: str = "previous") -> list[Finding]:
    planned = moves(account, wanted)
    goals = copies.definitions(account, [sides(move)[1].arn for move in planned])
    return list(images.findings(planned, account, goals))


def of_case(case: Any) -> Account:
    return Account(case["services"], **case.get("facts", {}))


def error_of(read: Any, *arguments: Any) -> RollbackError:
    try:
        read(*arguments)
    except RollbackError as error:
        return error
    raise AssertionError("nothing was refused")
