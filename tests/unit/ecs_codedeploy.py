"""CodeDeploy in memory, beside the account of ecs_recorded: deployments as short texts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
REGION, ACCOUNT = "eu-central-1", "111122223333"
APPLICATION, GROUP = "AppECS-prod-shop", "DgpECS-prod-shop"


def arn(kind: str, name: str) -> str:
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:{kind}/{name}"


def definition(name: str) -> str:
    return arn("task-definition", name)


@dataclass(frozen=True)
class Deployed:
    """From "<id> <family:revision> <status> <hours ago> [word=value]...".

    Words: `by` (creator), `left` (what it went back from), `back` (what went back from it), `code`,
    `in=s3` (its AppSpec lies there), `hook`, `container`.
    """

    id: str
    name: str
    status: str
    hours: float
    words: dict[str, str]

    @classmethod
    def of(cls, text: str) -> Deployed:
        id, name, status, hours, *words = text.split(" ")
        return cls(id, name, status, float(hours), dict(word.split("=", 1) for word in words))

    @property
    def content(self) -> str:
        """The AppSpec as people write it: YAML, with the keys of the guide."""
        place = {"ContainerName": self.words.get("container", "app"), "ContainerPort": 8080}
        properties = {
            "TaskDefinition": definition(self.name),
            "LoadBalancerInfo": place,
            "PlatformVersion": "1.4.0",
        }
        resource = {"Type": "AWS::ECS::Service", "Properties": properties}
        whole: dict[str, Any] = {"version": 0.0, "resources": [{"Shop": resource}]}
        if hook := self.words.get("hook"):
            whole["hooks"] = [{"AfterInstall": hook}]
        return json.dumps(whole)

    @property
    def hashed(self) -> str:
        return hashlib.sha256(self.content.encode()).hexdigest()

    def info(self) -> dict[str, Any]:
        at = NOW - timedelta(hours=self.hours)
        left, back, code = (self.words.get(key) for key in ("left", "back", "code"))
        ended = self.status in ("Succeeded", "Failed", "Stopped")
        rollback = {
            **({"rollbackTriggeringDeploymentId": left} if left else {}),
            **({"rollbackDeploymentId": back} if back else {}),
        }
        return {
            "deploymentId": self.id,
            "applicationName": APPLICATION,
            "deploymentGroupName": GROUP,
            "status": self.status,
            "creator": self.words.get("by", "user"),
            "createTime": at,
            "startTime": at,
            "revision": self._revision(),
            **({"completeTime": at + timedelta(minutes=10)} if ended else {}),
            **({"rollbackInfo": rollback} if rollback else {}),
            **({"errorInformation": {"code": code, "message": "it broke"}} if code else {}),
        }

    def _revision(self) -> dict[str, Any]:
        """Deployments show the hash of an AppSpec, not always the AppSpec."""
        if self.words.get("in") == "s3":
            place = {"bucket": "ci", "key": f"{self.id}.zip", "bundleType": "zip"}
            return {"revisionType": "S3", "s3Location": place}
        return {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": self.hashed}}


class CodeDeployAccount:
    """The operations of CodeDeploy; `facts` has `config` (traffic routing) and `group` as well."""

    deployments: list[Deployed]
    facts: dict[str, Any]

    def get_deployment(self, asked: Any) -> Any:
        (row,) = (row for row in self.deployments if row.id == asked["deploymentId"])
        return {"deploymentInfo": row.info()}

    def batch_get_deployments(self, asked: Any) -> Any:
        assert len(asked["deploymentIds"]) <= 25
        known = [row for row in self.deployments if row.id in asked["deploymentIds"]]
        return {"deploymentsInfo": [row.info() for row in known]}

    def list_deployments(self, asked: Any) -> Any:
        most, start = self.facts.get("page", 100), int(asked.get("nextToken", 0))
        more = len(self.deployments) > start + most
        ids = [row.id for row in self.deployments[start : start + most]]
        return {"deployments": ids, **({"nextToken": str(start + most)} if more else {})}

    def get_deployment_group(self, asked: Any) -> Any:
        service = {"serviceName": self.facts.get("deploys", "shop"), "clusterName": "prod"}
        config = {"deploymentConfigName": "Ours", "ecsServices": [service]}
        return {"deploymentGroupInfo": {**config, **self.facts.get("group", {})}}

    def get_deployment_config(self, asked: Any) -> Any:
        routing = self.facts.get("config", {"type": "AllAtOnce"})
        return {"deploymentConfigInfo": {"trafficRoutingConfig": routing}}

    def get_application_revision(self, asked: Any) -> Any:
        hashed = asked["revision"]["appSpecContent"]["sha256"]
        (content, *_) = (row.content for row in self.deployments if row.hashed == hashed)
        held = {"sha256": hashed, "content": content}
        return {"revision": {"revisionType": "AppSpecContent", "appSpecContent": held}}
