"""Services that CodeDeploy moves: what it deployed, what comes back, and how."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from ecs_codedeploy import definition
from ecs_recorded import Account, check, digest_of, error_of, moves, read

from rollback.flow import choose
from rollback.model import Move
from rollback.platforms import ecs
from rollback.platforms.ecs import controllers
from rollback.platforms.ecs.codedeploy import findings
from rollback.platforms.ecs.codedeploy.moves import files

GOOD = ("d-8 shop:8 Succeeded 24", "d-7 shop:7 Succeeded 200", "d-6 shop:6 Succeeded 400")
LIVE = (("PRIMARY", "shop:8", "d-8"),)
SHIFTED = (*LIVE, ("ACTIVE", "shop:7", "d-7"))


def account(*deployments: str, sets: Any = LIVE, **facts: Any) -> Account:
    facts = {"controller": "CODE_DEPLOY", "sets": sets, "codedeploy": deployments or GOOD, **facts}
    return Account({"shop": []}, **facts)


def move_to(known: Account, wanted: str = "previous") -> Move:
    (move,) = moves(known, wanted)
    return move


def listed(known: Account) -> list[str]:
    return [f"{r.id} {r.status} {r.skip or '-'}" for r in read(known)]


def about(known: Account, wanted: str = "previous") -> dict[str, tuple[str, str]]:
    live = choose.live(read(known)).findings
    rows = [*live, *findings.about_move(move_to(known, wanted))]
    return {row.code: (row.level, row.message) for row in rows}


def body_of(known: Account, wanted: str = "previous", number: int = -1) -> dict[str, Any]:
    """The deployment to the target, or with 0 the one back, held against CodeDeploy's own model."""
    text = list(files(move_to(known, wanted)).values())[number]
    body: dict[str, Any] = json.loads(text)
    check("codedeploy", "CreateDeployment", body, "input_shape")
    content: dict[str, Any] = json.loads(body["revision"]["appSpecContent"]["content"])
    return content


# ---- what was deployed ---------------------------------------------------------------------------


def test_the_last_deployment_that_succeeded_with_another_definition_comes_back() -> None:
    assert listed(account()) == ["shop:8 live -", "shop:7 superseded -", "shop:6 superseded -"]
    assert move_to(account()).to.id == "shop:7"


def test_a_deployment_of_the_same_definition_is_no_target() -> None:
    known = account("d-9 shop:8 Succeeded 2", *GOOD, sets=[("PRIMARY", "shop:8", "d-9")])
    assert move_to(known).to.id == "shop:7"


def test_what_codedeploy_left_by_itself_is_no_candidate_and_what_it_returned_to_no_release() -> (
    None
):
    known = account(
        "d-10 shop:8 Succeeded 1 by=codeDeployRollback left=d-9",
        "d-9 shop:9 Failed 2 back=d-10 code=HOOK_EXECUTION_FAILURE",
        *GOOD,
    )
    assert listed(known)[:2] == ["shop:9 failed -", "shop:8 live -"]
    assert move_to(known).to.id == "shop:7"
    level, message = about(known)["back-by-itself"]
    assert level == "warning" and "shop:9" in message and "CodeDeploy went back" in message


def test_an_alarm_that_stopped_a_deployment_is_a_failure_and_a_person_is_not() -> None:
    known = account(
        "d-10 shop:10 Stopped 1 code=ALARM_ACTIVE", "d-9 shop:9 Stopped 2 code=MANUAL_STOP", *GOOD
    )
    assert listed(known)[:2] == ["shop:10 failed -", "shop:9 superseded unfinished"]


def test_a_failed_rollback_of_codedeploy_condemns_nothing() -> None:
    known = account("d-9 shop:7 Failed 2 by=codeDeployRollback left=d-8", *GOOD)
    assert "shop:7 superseded -" in listed(known)


def test_an_appspec_that_cannot_be_read_is_said_and_never_guessed() -> None:
    rows = ("d-8 shop:8 Succeeded 24", "d-7 shop:7 Succeeded 200 in=s3", GOOD[2])
    known = account(*rows)
    assert listed(known) == ["shop:8 live -", "shop:6 superseded -"]
    level, message = about(known)["history-weak"]
    assert level == "warning" and "d-7" in message and "cannot be read" in message


def test_a_task_set_that_still_runs_tells_what_its_appspec_does_not() -> None:
    rows = ("d-8 shop:8 Succeeded 24 in=s3", "d-7 shop:7 Succeeded 200 in=s3")
    known = account(*rows, sets=SHIFTED)
    assert move_to(known).to.id == "shop:7" and "history-weak" not in about(known)


def test_all_pages_are_read_and_twenty_five_deployments_at_a_time() -> None:
    rows = [f"d-{n} shop:{n} Succeeded {1000 - n}" for n in range(60, 1, -1)]
    known = account(*rows, sets=[("PRIMARY", "shop:60", "d-60")], page=20)
    assert len(read(known)) == 50
    assert known.requests.count("list_deployments") == 3


def test_the_digest_of_tasks_that_run_is_known() -> None:
    move = move_to(account(sets=SHIFTED, digests=True), "shop:7")
    goal = ecs.steps([move])[-1].do.argv
    assert f"app={digest_of('shop:7')}" in goal


def test_a_group_that_deploys_another_service_is_not_asked_to_move_this_one() -> None:
    (row,) = choose.live(read(account(deploys="other"))).findings[:1]
    assert (row.level, row.code) == ("blocker", "controller-code-deploy")
    assert "deploys another service" in row.message


@pytest.mark.parametrize("code", ["ThrottlingException", "ExpiredTokenException"])
@pytest.mark.parametrize(
    "operation",
    [
        "batch_get_deployments",
        "get_deployment_group",
        "list_deployments",
        "get_application_revision",
    ],
)
def test_what_may_pass_is_no_history(operation: str, code: str) -> None:
    error = error_of(read, account(refusals={operation: code}))
    assert error.exit_code == 12 and error.fix


# ---- how it goes back ----------------------------------------------------------------------------


def test_the_deployment_names_the_target_and_keeps_the_rest_of_the_last_appspec() -> None:
    known = account("d-8 shop:8 Succeeded 24 hook=arn:aws:lambda:x:1:function:check", *GOOD[1:])
    whole = body_of(known)
    ((_, resource),) = whole["Resources"][0].items()
    assert resource["Properties"] == {
        "TaskDefinition": definition("shop:7"),
        "LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 8080},
        "PlatformVersion": "1.4.0",
    }
    assert whole["Hooks"] == [{"AfterInstall": "arn:aws:lambda:x:1:function:check"}]
    level, message = about(known)["hooks-run"]
    assert level == "warning" and "AfterInstall (check)" in message
    back = body_of(known, number=0)["Resources"][0]["TargetService"]["Properties"]
    assert back["TaskDefinition"] == definition("shop:8")


def test_a_container_that_was_renamed_gets_the_traffic_under_its_old_name() -> None:
    known = account("d-8 shop:8 Succeeded 24 container=web", *GOOD[1:])
    names = [
        body_of(known, number=n)["Resources"][0]["TargetService"]["Properties"]["LoadBalancerInfo"]
        for n in (0, 1)
    ]
    assert [row["ContainerName"] for row in names] == ["web", "app"]


def test_a_last_appspec_that_cannot_be_read_leaves_its_hooks_out_and_says_so() -> None:
    known = account("d-8 shop:8 Succeeded 24 in=s3", *GOOD[1:])
    assert "Hooks" not in body_of(known)
    assert about(known)["appspec-unknown"][0] == "warning"


@pytest.mark.parametrize("status", ["Created", "InProgress", "Ready", "Baking"])
def test_a_deployment_under_way_is_stopped_where_that_leads_to_the_target(status: str) -> None:
    known = account(f"d-8 shop:8 {status} 1", *GOOD[1:], sets=SHIFTED)
    move = move_to(known)
    (step,) = ecs.steps([move])
    assert (move.current.id, move.to.id) == ("shop:8", "shop:7")
    assert "Stop the deployment of shop:8" in step.title
    words = "aws deploy stop-deployment --deployment-id d-8 --auto-rollback-enabled"
    assert step.do.by_hand == f"{words} --region eu-central-1"
    assert about(known)["deploy-in-flight"][0] == "note"


def test_before_its_traffic_is_shifted_what_is_being_brought_is_what_is_left() -> None:
    sets = (("PRIMARY", "shop:7", "d-7"), ("ACTIVE", "shop:8", "d-8"))
    move = move_to(account("d-8 shop:8 InProgress 1", *GOOD[1:], sets=sets))
    assert (move.current.id, move.to.id) == ("shop:8", "shop:7")


def test_a_stop_that_leads_elsewhere_blocks_with_its_command() -> None:
    known = account("d-8 shop:8 InProgress 1", *GOOD[1:], sets=SHIFTED)
    assert about(known, "shop:6")["deploy-in-flight"][0] == "blocker"


def test_codedeploy_that_goes_back_by_itself_now_is_waited_for() -> None:
    sets = (("PRIMARY", "shop:7", "d-7"), ("ACTIVE", "shop:8", "d-8"))
    rows = (
        "d-9 shop:7 InProgress 0.1 by=codeDeployRollback left=d-8",
        "d-8 shop:8 Stopped 1 back=d-9",
    )
    known = account(*rows, *GOOD[1:], sets=sets)
    assert choose.live(read(known)).id == "shop:7"
    assert about(known, "shop:6")["deploy-in-flight"][0] == "blocker"


def test_an_inactive_target_is_registered_again_first() -> None:
    steps = ecs.steps([move_to(account(inactive=["shop:7"]))])
    assert [step.id.rpartition(".")[2] for step in steps] == ["register-7", "deploy"]


def test_traffic_that_a_person_shifts_is_said_before() -> None:
    option = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 60}
    known = account(group={"blueGreenDeploymentConfiguration": {"deploymentReadyOption": option}})
    level, message = about(known)["manual-shift"]
    assert level == "warning" and "up to 60 minutes for a person" in message
    (step,) = ecs.steps([move_to(known)])
    assert step.deadline == 1200 + 3600


LINEAR = {
    "type": "TimeBasedLinear",
    "timeBasedLinear": {"linearPercentage": 10, "linearInterval": 10},
}
CANARY = {
    "type": "TimeBasedCanary",
    "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 5},
}


@pytest.mark.parametrize(
    ("config", "minutes", "said"),
    [
        ({"type": "AllAtOnce"}, 0, "all traffic at once"),
        (CANARY, 5, "shifts traffic for 5 minutes"),
        (LINEAR, 90, "shifts traffic for 90 minutes"),
        ({}, 0, "cannot be read"),
    ],
)
def test_time_and_deadline_come_from_the_deployment_configuration(
    config: Any, minutes: int, said: str
) -> None:
    known = account(config=config)
    (step,) = ecs.steps([move_to(known)])
    assert step.deadline == 1200 + 60 * minutes
    assert said in about(known)["codedeploy-time"][1]


def test_a_plan_of_rolling_services_asks_codedeploy_nothing() -> None:
    known = Account({"shop": ["shop:8 SUCCESSFUL 1d", "shop:7 SUCCESSFUL 9d"]})
    read(known)
    assert len(known.requests) == 4
    assert not [name for name in known.requests if "_deployment" in name and "service" not in name]


# ---- CodeDeploy may not be asked -----------------------------------------------------------------

ROWS = {"shop": ["shop:8 SUCCESSFUL 1d", "shop:7 SUCCESSFUL 9d", "shop:6 SUCCESSFUL 20d"]}
DENIED = {"batch_get_deployments": "AccessDeniedException"}


def by_hand(wanted: str, sets: Any, *deployments: str, **more: Any) -> Any:
    refusals = {**DENIED, **more}
    facts = {"controller": "CODE_DEPLOY", "sets": sets, "codedeploy": deployments or GOOD}
    known = Account(ROWS, refusals=refusals, **facts)
    (blocker,) = choose.live(read(known)).findings
    assert (blocker.level, blocker.code) == ("blocker", "controller-code-deploy")
    assert "codedeploy:" in blocker.fix
    (finding,) = controllers.commands(move_to(known, wanted), known)
    return finding


def test_without_rights_the_commands_are_said_and_nothing_is_moved() -> None:
    words = shlex.split(by_hand("previous", LIVE).fix)
    assert words[:3] == ["aws", "deploy", "create-deployment"]
    revision = json.loads(words[words.index("--revision") + 1])
    content = json.loads(revision["appSpecContent"]["content"])
    properties = content["Resources"][0]["TargetService"]["Properties"]
    assert properties["TaskDefinition"] == definition("shop:7")
    assert properties["LoadBalancerInfo"] == {"ContainerName": "app", "ContainerPort": 8080}


def test_without_rights_a_stop_that_leads_elsewhere_comes_before_the_deployment() -> None:
    rows = ("d-8 shop:8 InProgress 1", *GOOD[1:])
    assert "stop-deployment" in by_hand("shop:7", SHIFTED, *rows).fix
    stop, _, create = by_hand("shop:6", SHIFTED, *rows).fix.partition("; once it has ended: ")
    assert "stop-deployment --deployment-id d-8" in stop
    assert definition("shop:6") in create and "create-deployment" in create


def test_without_any_right_the_names_are_left_to_the_person() -> None:
    fix = by_hand("shop:7", LIVE, get_deployment="AccessDeniedException").fix
    assert "--application-name APPLICATION --deployment-group-name GROUP" in fix
