"""CodeDeploy on loopback: it moves a service with task sets, one deployment at a time, as its states follow each other.

It is no CodeDeploy of AWS. What it answers is held against the vendor's own model, both ways; the order of states,
and which task set has the traffic when, follow the vendor's guide. `minute` is how long a minute of it takes.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import yaml
from blue_green import Refused
from codedeploy_runs import APPLICATION, GROUP, RUNNING, Deployments
from proxy import Ask

from tests.aws_model import check


class CodeDeploy(Deployments):
    """The API, and what a pipeline does with it."""

    # ---- the API ---------------------------------------------------------------------------------

    def __call__(self, operation: str, asked: Any, ask: Ask) -> tuple[int, Any] | None:
        try:
            with self.lock:
                own = getattr(self, f"_{operation}", None)
                if own is None:
                    known = self.service.answer(operation, asked, ask)
                    return None if known is None else (200, known)
                check("codedeploy", operation, asked, "input_shape")
                answer = own(**asked)
                check("codedeploy", operation, answer, "output_shape")
                return 200, answer
        except Refused as error:
            return 400, {"__type": error.code, "message": error.message}
        except AssertionError as error:
            self.problems.append(str(error))
            raise

    def _CreateDeployment(
        self, applicationName: str, deploymentGroupName: str, revision: Any, **more: Any
    ) -> Any:
        if (applicationName, deploymentGroupName) != (APPLICATION, GROUP):
            raise Refused(
                "DeploymentGroupDoesNotExistException",
                f"No Deployment Group found for name: {deploymentGroupName}",
            )
        if busy := self.busy:
            raise Refused(
                "DeploymentLimitExceededException",
                f"The Deployment Group '{GROUP}' already has an active Deployment '{busy.id}'",
            )
        content = (
            self.bucket[revision["s3Location"]["key"]]
            if revision["revisionType"] == "S3"
            else revision["appSpecContent"]["content"]
        )
        made = self._made("user", revision, description=more.get("description", ""))
        made.spec = yaml.safe_load(content)
        threading.Thread(target=self._run, args=(made,), daemon=True).start()
        return {"deploymentId": made.id}

    def _StopDeployment(self, deploymentId: str, autoRollbackEnabled: bool = False) -> Any:
        known = self._of(deploymentId)
        if known.info["status"] not in RUNNING:
            raise Refused(
                "DeploymentAlreadyCompletedException", f"The deployment {deploymentId} is completed"
            )
        known.stop = autoRollbackEnabled
        return {"status": "Pending", "statusMessage": "Stopping"}

    def _ContinueDeployment(self, deploymentId: str, deploymentWaitType: str = "READY_WAIT") -> Any:
        known = self._of(deploymentId)
        if known.info["status"] != "Ready":
            raise Refused(
                "DeploymentIsNotInReadyStateException", "The deployment is not in Ready state"
            )
        known.go = True
        return {}

    def _GetDeployment(self, deploymentId: str) -> Any:
        return {"deploymentInfo": self._shown(self._of(deploymentId))}

    def _BatchGetDeployments(self, deploymentIds: list[str]) -> Any:
        if len(deploymentIds) > 25:
            raise Refused("BatchLimitExceededException", "At most 25")
        known = [row for row in self.deployments if row.id in deploymentIds]
        return {"deploymentsInfo": [self._shown(row) for row in known]}

    def _ListDeployments(
        self,
        applicationName: str,
        deploymentGroupName: str,
        includeOnlyStatuses: Any = (),
        nextToken: str = "0",
    ) -> Any:
        rows = [
            row.id
            for row in self.deployments
            if not includeOnlyStatuses or row.info["status"] in includeOnlyStatuses
        ]
        start = int(nextToken)
        more = {"nextToken": str(start + self.page)} if len(rows) > start + self.page else {}
        return {"deployments": rows[start : start + self.page], **more}

    def _GetDeploymentGroup(self, applicationName: str, deploymentGroupName: str) -> Any:
        action = "STOP_DEPLOYMENT" if self.by_hand else "CONTINUE_DEPLOYMENT"
        keep = {"action": "TERMINATE", "terminationWaitTimeInMinutes": self.keeps}
        wait = {"actionOnTimeout": action, "waitTimeInMinutes": self.ready}
        service = {"serviceName": self.service.name, "clusterName": self.service.cluster.name}
        return {
            "deploymentGroupInfo": {
                "applicationName": applicationName,
                "deploymentGroupName": deploymentGroupName,
                "deploymentConfigName": self.config,
                "computePlatform": "ECS",
                "ecsServices": [service],
                "blueGreenDeploymentConfiguration": {
                    "terminateBlueInstancesOnDeploymentSuccess": keep,
                    "deploymentReadyOption": wait,
                },
            }
        }

    def _GetDeploymentConfig(self, deploymentConfigName: str) -> Any:
        facts = {"computePlatform": "ECS", "trafficRoutingConfig": self.routing}
        return {"deploymentConfigInfo": {"deploymentConfigName": deploymentConfigName, **facts}}

    def _GetApplicationRevision(self, applicationName: str, revision: Any) -> Any:
        hashed = revision["appSpecContent"]["sha256"]
        if hashed not in self.revisions:
            raise Refused("RevisionDoesNotExistException", "No such revision")
        held = {"sha256": hashed, "content": self.revisions[hashed]}
        shown = {"revisionType": "AppSpecContent", "appSpecContent": held}
        return {"applicationName": applicationName, "revision": shown}

    # ---- setting the scene -----------------------------------------------------------------------

    def deploy(self, image: str, wait: bool = True, **more: Any) -> str:
        """A pipeline's deployment; the task definition that it brings."""
        definition = self.service.cluster.register(self.service.name, image)
        self.bring(definition, wait, **more)
        return definition

    def bring(
        self, definition: str, wait: bool = True, hooks: Any = None, **properties: Any
    ) -> str:
        place = {"ContainerName": "app", "ContainerPort": 8080}
        facts = {
            "TaskDefinition": self.service.arn(definition),
            "LoadBalancerInfo": place,
            **properties,
        }
        spec: Any = {
            "version": 0.0,
            "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": facts}}],
        }
        if hooks:
            spec["Hooks"] = hooks
        revision: Any = {
            "revisionType": "AppSpecContent",
            "appSpecContent": {"content": json.dumps(spec)},
        }
        if self.upload:
            text = yaml.safe_dump(spec, sort_keys=False)
            revision = {"revisionType": "S3", "s3Location": self.upload(text)}
            self.bucket[revision["s3Location"]["key"]] = text
        with self.lock:
            made = self._CreateDeployment(APPLICATION, GROUP, revision)
        if wait:
            self.settled()
        return str(made["deploymentId"])

    def close(self) -> None:
        """Let nothing go on that a test left."""
        for row in self.deployments:
            row.stop = False

    def settled(self) -> None:
        end = time.monotonic() + 60
        while self.busy:
            assert time.monotonic() < end, self.busy.info
            time.sleep(0.02)
