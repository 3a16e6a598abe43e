"""A service that CodeDeploy moves: it blocks, with the commands that a person pastes."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from ecs_recorded import Account, check, definition, moves, read

from rollback.flow import choose
from rollback.model import Finding
from rollback.platforms.ecs import controllers

ROWS = {"shop": ["shop:8 SUCCESSFUL 1d", "shop:7 SUCCESSFUL 9d", "shop:6 SUCCESSFUL 20d"]}
ONE = [("PRIMARY", "shop:8", "d-NEW")]
SHIFTED = [*ONE, ("ACTIVE", "shop:7", "d-OLD")]


def by_hand(wanted: str, sets: Any, **facts: Any) -> Finding:
    known = {"d-NEW": "Succeeded", "d-OLD": "Succeeded", **facts.pop("codedeploy", {})}
    account = Account(ROWS, controller="CODE_DEPLOY", sets=sets, codedeploy=known, **facts)
    (move,) = moves(account, wanted)
    (finding,) = controllers.commands(move, account)
    return finding


def asked(command: str, operation: str) -> dict[str, Any]:
    """Return what a command sends, held against CodeDeploy's own model."""
    words = shlex.split(command)
    assert words[:3] == ["aws", "deploy", operation]
    assert words[-2:] == ["--region", "eu-central-1"]
    keys = ["".join(w if n == 0 else w.title() for n, w in enumerate(word[2:].split("-")))
            for word in words[3:-2:2]]  # fmt: skip
    body = dict(zip(keys, words[4:-2:2], strict=True))
    if "revision" in body:
        body["revision"] = json.loads(body["revision"])
    check("codedeploy", "CreateDeployment", body, "input_shape")
    return body


def test_a_service_at_rest_is_taken_there_by_a_deployment_that_names_the_target() -> None:
    body = asked(by_hand("previous", ONE).fix, "create-deployment")
    assert body["applicationName"] == "AppECS-prod-shop"
    assert body["deploymentGroupName"] == "DgpECS-prod-shop"
    content = json.loads(body["revision"]["appSpecContent"]["content"])
    (resource,) = content["Resources"]
    properties = resource["TargetService"]["Properties"]
    assert properties["TaskDefinition"] == definition("shop:7")
    assert properties["LoadBalancerInfo"] == {"ContainerName": "app", "ContainerPort": 8080}


@pytest.mark.parametrize("status", ["InProgress", "Ready", "Baking"])
def test_a_deployment_under_way_is_stopped_where_that_leads_to_the_target(status: str) -> None:
    fix = by_hand("shop:7", SHIFTED, codedeploy={"d-NEW": status}).fix
    assert fix == (
        "aws deploy stop-deployment --deployment-id d-NEW --region eu-central-1"
        " --auto-rollback-enabled"
    )


def test_a_stop_that_leads_elsewhere_comes_before_the_deployment() -> None:
    fix = by_hand("shop:6", SHIFTED, codedeploy={"d-NEW": "InProgress"}).fix
    stop, _, create = fix.partition("; once it has ended: ")
    assert "stop-deployment --deployment-id d-NEW" in stop
    assert definition("shop:6") in create and "create-deployment" in create


def test_a_deployment_that_may_not_be_read_leaves_its_names_to_the_person() -> None:
    fix = by_hand("shop:7", ONE, refusals={"get_deployment": "AccessDeniedException"}).fix
    assert "--application-name APPLICATION --deployment-group-name GROUP" in fix


def test_the_primary_task_set_is_live_whatever_the_service_was_made_with() -> None:
    account = Account(ROWS, controller="CODE_DEPLOY", sets=[("PRIMARY", "shop:7", "d-OLD")])
    live = choose.live(read(account))
    assert (live.id, live.findings[0].code) == ("shop:7", "controller-code-deploy")
