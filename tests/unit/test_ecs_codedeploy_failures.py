"""Deployments of CodeDeploy that failed: what they condemn, and what they leave behind."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from test_ecs_codedeploy import GOOD, SHIFTED, about, account, body_of, listed, move_to

from rollback.platforms import ecs
from rollback.platforms.ecs.codedeploy.answers import UNWELL
from tests.aws_model import model

BESIDE = (("PRIMARY", "shop:8", "d-8"), ("ACTIVE", "shop:9", "d-9"))
CANARY = {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryInterval": 5}}


@pytest.mark.parametrize("code", ["IAM_ROLE_PERMISSIONS", "THROTTLED", "TIMEOUT"])
def test_a_failure_that_is_not_the_fault_of_the_release_condemns_none(code: str) -> None:
    known = account(f"d-9 shop:9 Failed 2 code={code}", *GOOD)
    assert listed(known)[:2] == ["shop:9 superseded unfinished", "shop:8 live -"]


def test_a_release_that_served_stays_a_candidate_and_its_failure_is_said() -> None:
    known = account("d-9 shop:7 Failed 2 code=HOOK_EXECUTION_FAILURE back=d-10", *GOOD)
    assert "shop:7 superseded -" in listed(known) and move_to(known).to.id == "shop:7"
    level, message = about(known)["failed-since"]
    assert level == "warning" and "d-9 failed (HOOK_EXECUTION_FAILURE: it broke)" in message
    assert "back-by-itself" not in about(known)


def test_a_failure_before_the_last_success_is_not_said() -> None:
    known = account(*GOOD, "d-5 shop:7 Failed 500 code=HOOK_EXECUTION_FAILURE")
    assert "failed-since" not in about(known)


def test_a_release_that_codedeploy_did_not_go_back_from_is_failed_too() -> None:
    known = account("d-9 shop:9 Failed 2 code=HOOK_EXECUTION_FAILURE", *GOOD)
    assert listed(known)[0] == "shop:9 failed -"
    assert "ROLLBACK_FAILED" in about(known)["back-by-itself"][1]


def test_the_container_is_that_of_the_deployment_that_succeeded() -> None:
    known = account("d-9 shop:7 Failed 2 container=wrong code=ECS_UPDATE_ERROR", *GOOD)
    whole = body_of(known, "shop:7")
    place = whole["Resources"][0]["TargetService"]["Properties"]["LoadBalancerInfo"]
    assert place["ContainerName"] == "app"


@pytest.mark.parametrize(
    ("status", "config", "expected"),
    [
        ("Failed", CANARY, ("blocker", "traffic-split")),
        ("Stopped", {}, ("blocker", "traffic-split")),
        ("Failed", {"type": "AllAtOnce"}, ("warning", "task-set-left")),
        ("Succeeded", CANARY, ("warning", "task-set-left")),
    ],
)
def test_a_second_task_set_with_no_deployment_under_way_is_said(
    status: str, config: Any, expected: tuple[str, str]
) -> None:
    known = account(f"d-9 shop:9 {status} 1", *GOOD, sets=BESIDE, config=config)
    found = {(level, code): message for code, (level, message) in about(known).items()}
    assert "tasks of shop:9 run beside shop:8" in found[expected]


def test_a_task_set_that_codedeploy_went_back_from_blocks_nothing() -> None:
    back = "d-10 shop:8 Succeeded 1 by=codeDeployRollback left=d-9"
    known = account(back, "d-9 shop:9 Stopped 2 back=d-10", *GOOD, sets=BESIDE, config=CANARY)
    assert "traffic-split" not in about(known)


@pytest.mark.programs
@pytest.mark.parametrize(
    ("deployments", "first", "between"),
    [
        (GOOD, "aws deploy stop-deployment --auto-rollback-enabled", " || "),
        (("d-8 shop:8 InProgress 1", *GOOD[1:]), "aws deploy wait deployment-successful", "; "),
    ],
)
def test_the_way_back_by_hand_deals_with_what_is_under_way_first(
    deployments: Any, first: str, between: str
) -> None:
    (step,) = ecs.steps([move_to(account(*deployments, sets=SHIFTED))])
    assert step.undo is not None
    before, create = step.undo.do.by_hand.split(between)
    assert before.startswith(first) and "aws deploy list-deployments" in before
    assert create.startswith("aws deploy create-deployment --cli-input-json file://")
    subprocess.run(["bash", "-nc", step.undo.do.by_hand], check=True)


def test_the_error_codes_are_those_of_the_vendor() -> None:
    assert set(UNWELL) <= set(model("codedeploy").shape_for("ErrorCode").enum)
