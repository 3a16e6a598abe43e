"""Deployments of the CodeDeploy on loopback, each in a thread of its own: how its states follow each other."""

from __future__ import annotations

import hashlib
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from blue_green import BlueGreen, Refused, TaskSet

RUNNING = ("Created", "Queued", "InProgress", "Baking", "Ready")
APPLICATION, GROUP = "AppECS-shop", "DgpECS-shop"


@dataclass
class Deployment:
    """`info` is what the vendor's API shows; `came` the set that had the traffic before."""

    info: dict[str, Any]
    came: TaskSet
    spec: dict[str, Any] = field(default_factory=dict)
    brought: TaskSet | None = None
    stop: bool | None = None  # whether to go back
    go: bool = False  # a person shifts the traffic

    @property
    def id(self) -> str:
        return str(self.info["deploymentId"])


class Stopped(Exception):
    """A deployment ends before its time: status, code, message."""


class Deployments:
    """`alarm`: deployments after it are stopped, which goes back by itself. `ready`, `keeps`: minutes.

    `upload` puts an AppSpec into S3 and returns its place: deployments made then have theirs there.
    """

    def __init__(self, service: BlueGreen) -> None:
        self.service, self.minute = service, 0.02
        self.config, self.routing = "CodeDeployDefault.ECSAllAtOnce", {"type": "AllAtOnce"}
        self.by_hand, self.ready, self.keeps = False, 0, 0
        self.inline, self.alarm, self.page = False, False, 100
        self.deployments: list[Deployment] = []  # newest first
        self.revisions: dict[str, str] = {}  # hash -> AppSpec
        self.upload: Callable[[str], dict[str, str]] | None = None
        self.bucket: dict[str, str] = {}  # key -> AppSpec
        self.problems: list[str] = []
        self.lock = threading.RLock()
        self._ids = itertools.count(1)

    # ---- its records -----------------------------------------------------------------------------

    @property
    def busy(self) -> Deployment | None:
        return next((row for row in self.deployments if row.info["status"] in RUNNING), None)

    def _of(self, id: str) -> Deployment:
        for row in self.deployments:
            if row.id == id:
                return row
        raise Refused("DeploymentDoesNotExistException", f"The deployment {id} could not be found")

    def _shown(self, row: Deployment) -> Any:
        revision = row.info.get("revision")
        if revision is None or self.inline or "appSpecContent" not in revision:
            return dict(row.info)
        hashed = {"sha256": revision["appSpecContent"]["sha256"]}
        return {**row.info, "revision": {**revision, "appSpecContent": hashed}}

    def _made(self, creator: str, revision: Any, **more: Any) -> Deployment:
        kept = {}
        if revision and "appSpecContent" in revision:
            content = revision["appSpecContent"]["content"]
            hashed = hashlib.sha256(content.encode()).hexdigest()
            self.revisions[hashed] = content
            held = {"content": content, "sha256": hashed}
            kept = {"revision": {"revisionType": "AppSpecContent", "appSpecContent": held}}
        elif revision:
            kept = {"revision": revision}
        info = {
            "applicationName": APPLICATION,
            "deploymentGroupName": GROUP,
            "deploymentConfigName": self.config,
            "deploymentId": f"d-{next(self._ids):09d}",
            "status": "Created",
            "createTime": time.time(),
            "creator": creator,
            "computePlatform": "ECS",
            "instanceTerminationWaitTimeStarted": False,
            **kept,
            **more,
        }
        made = Deployment(info, self.service.primary)
        self.deployments.insert(0, made)
        return made

    # ---- a deployment, in a thread of its own ----------------------------------------------------

    def _run(self, row: Deployment) -> None:
        try:
            self._pass(row, 1)
            row.info.update(status="InProgress", startTime=time.time())
            self._install(row)
            self._await_traffic(row)
            self._pass(row, self._shift())
            assert row.brought
            self.service.shift(row.brought)
            row.info["instanceTerminationWaitTimeStarted"] = True
            self._pass(row, self.keeps)
            with self.lock:
                self.service.ended(row.came)
                row.info.update(status="Succeeded", completeTime=time.time())
        except Stopped as end:
            with self.lock:
                self._end(row, *end.args)

    def _install(self, row: Deployment) -> None:
        resource = next(iter(row.spec["Resources"][0].values()))["Properties"]
        place = resource["LoadBalancerInfo"]
        try:
            with self.lock:
                row.brought = self.service.added(
                    resource["TaskDefinition"],
                    row.id,
                    (place["ContainerName"], place["ContainerPort"]),
                )
        except Exception as error:
            raise Stopped("Failed", "ECS_UPDATE_ERROR", str(error)) from error
        while not self.service.settled(row.brought):
            if self.service.failed(row.brought):
                raise Stopped(
                    "Failed",
                    "ECS_UPDATE_ERROR",
                    "The tasks of the replacement task set do not start",
                )
            self._pass(row, 2)

    def _await_traffic(self, row: Deployment) -> None:
        if not self.by_hand:
            return
        row.info["status"] = "Ready"
        end = time.monotonic() + self.ready * self.minute
        while not row.go:
            if time.monotonic() > end:
                raise Stopped("Stopped", "TIMEOUT", "Nobody shifted the traffic in time")
            self._pass(row, 1)
        row.info["status"] = "InProgress"

    def _shift(self) -> float:
        known = self.routing
        if known["type"] == "TimeBasedLinear":
            linear: Any = known["timeBasedLinear"]
            return float((100 / linear["linearPercentage"] - 1) * linear["linearInterval"])
        return 0

    def _pass(self, row: Deployment, minutes: float) -> None:
        """Let time pass, unless the deployment is stopped or an alarm goes off."""
        end = time.monotonic() + minutes * self.minute
        while True:
            if row.stop is not None:
                raise Stopped("Stopped", "MANUAL_STOP", "The deployment was stopped by a user")
            if self.alarm:
                raise Stopped("Stopped", "ALARM_ACTIVE", "One or more alarms have been activated")
            if time.monotonic() >= end:
                return
            time.sleep(min(0.01, self.minute))

    def _end(self, row: Deployment, status: str, code: str, message: str) -> None:
        told = {"code": code, "message": message}
        row.info.update(status=status, errorInformation=told, completeTime=time.time())
        if row.stop is False:
            return
        succeeded = (known for known in self.deployments if known.info["status"] == "Succeeded")
        good = next((known.info.get("revision") for known in succeeded), None)
        back = self._made("codeDeployRollback", good)
        back.info["rollbackInfo"] = {"rollbackTriggeringDeploymentId": row.id}
        row.info["rollbackInfo"] = {"rollbackDeploymentId": back.id, "rollbackMessage": message}
        self.alarm = False
        threading.Thread(target=self._return, args=(row, back), daemon=True).start()

    def _return(self, left: Deployment, back: Deployment) -> None:
        back.info.update(status="InProgress", startTime=time.time())
        time.sleep(2 * self.minute)
        with self.lock:
            self.service.shift(left.came)
        time.sleep(2 * self.minute)
        with self.lock:
            if left.brought:
                self.service.ended(left.brought)
            back.info.update(status="Succeeded", completeTime=time.time())
