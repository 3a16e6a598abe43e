"""What a checkpoint of ECS keeps: how things were before, for a person to look at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ecs_recorded import Account, moves

from rollback.platforms import ecs
from rollback.shell import Shell

ROWS = {"shop": [f"shop:{40 - at} SUCCESSFUL {at + 1}d" for at in range(30)]}
SHELL = Shell(Path("/"))
ID = "service/prod/shop"


class Scaled(Account):
    def describe_scalable_targets(self, asked: Any) -> Any:
        facts = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
        row = {**facts, "MinCapacity": 2, "MaxCapacity": 9, "RoleARN": "arn", "CreationTime": 1}
        return {"ScalableTargets": [{**row, "ResourceId": id} for id in asked["ResourceIds"]]}

    def describe_scaling_policies(self, asked: Any) -> Any:
        facts = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
        more = {"PolicyARN": "arn", "PolicyName": "cpu", "CreationTime": 1}
        kind = {"PolicyType": "TargetTrackingScaling", "ResourceId": asked["ResourceId"]}
        return {"ScalingPolicies": [{**facts, **more, **kind}]}


def kept(monkeypatch: pytest.MonkeyPatch, account: Account) -> Any:
    for function in (ecs.preflight, ecs.checks, ecs.snapshot):
        monkeypatch.setitem(function.__globals__, "connect", lambda *_: account)
    planned = moves(account)
    list(ecs.checks(planned, SHELL))
    list(ecs.preflight(planned, SHELL))
    return json.loads(ecs.snapshot(planned, SHELL)["shop.json"])


def test_the_newest_deployments_scaling_and_targets_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Scaled(ROWS, groups=["arn:blue"], targets=["healthy", "healthy", "draining"])
    known = kept(monkeypatch, account)
    assert len(known["deployments"]) == 20
    newest = known["deployments"][0]
    assert (newest["task_definition"], newest["status"]) == ("shop:40", "SUCCESSFUL")
    assert newest["began"] < newest["ended"]
    (target,), (policy,) = known["scaling"]["targets"], known["scaling"]["policies"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 9) and "RoleARN" not in target
    assert policy["PolicyName"] == "cpu"
    assert known["target_health"] == {"healthy": 2, "draining": 1}


def test_what_may_not_be_read_is_said_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    denied = dict.fromkeys(
        ("describe_scalable_targets", "describe_target_health"), "AccessDeniedException"
    )
    known = kept(monkeypatch, Scaled(ROWS, groups=["arn:blue"], refusals=denied))
    assert "describe_scalable_targets" in known["scaling"]["not read"]
    assert "describe_target_health" in known["target_health"]["not read"]
