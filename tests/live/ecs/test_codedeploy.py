"""ECS through CodeDeploy, whole way: plan, rollback with real containers, its proof, and its undo."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cloud import REGION, Cluster
from codedeploy_server import CodeDeploy
from ecs_site import Site, findings
from proxy import Fault, Proxy

from tests.live.run_processes import kill_run

LONG = 1_000_000  # minutes that no test waits for


def until(holds: Callable[[], Any]) -> None:
    end = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def names(plan: Any) -> tuple[str, str]:
    (move,) = plan["moves"]
    return move["current"]["id"].rpartition(":")[2], move["to"]["id"].rpartition(":")[2]


def aws(site: Site, *words: str) -> str:
    """The vendor's own command line, as a person runs it."""
    known = {**site.environment, "AWS_PAGER": ""}
    command = ["aws", *words, "--region", REGION]
    done = subprocess.run(command, env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_last_good_definition_comes_back_through_codedeploy_and_goes_again(
    green: Site, codedeploy: CodeDeploy, watched: Proxy
) -> None:
    plan = green.plan()
    assert names(plan) == ("3", "2")
    watched.log.clear()
    done = green.execute(plan)
    assert codedeploy.service.versions() == ["v2"]
    assert done["targets"][0]["state"] == "rolled-back"
    assert watched.changes() == ["CreateDeployment"]
    newest = codedeploy.deployments[0].id
    look = ("--query", "deploymentInfo.[status, description]", "--output", "text")
    told = aws(green, "deploy", "get-deployment", "--deployment-id", newest, *look)
    assert told == f"Succeeded\trollback to {codedeploy.service.primary.definition}"
    green.restore(plan)
    assert codedeploy.service.versions() == ["bad"]
    script = (Path(plan["run"]) / "rollback.sh").read_text()
    assert len(script.splitlines()) <= 150 and "create-deployment" in script
    body = json.loads(next(Path(plan["run"], "state/app").glob("*-2.json")).read_text())
    assert body["applicationName"] == "AppECS-shop"


def test_while_the_old_tasks_are_kept_a_deployment_that_has_all_traffic_is_stopped(
    green: Site, codedeploy: CodeDeploy, watched: Proxy
) -> None:
    """It has not ended, so CodeDeploy would take no second one."""
    codedeploy.deploy("shop:v3")
    codedeploy.keeps = LONG
    codedeploy.deploy("shop:bad", wait=False)
    until(lambda: codedeploy.service.live.endswith(":5"))
    plan = green.plan()
    assert names(plan) == ("5", "4") and findings(plan)["deploy-in-flight"][0] == "note"
    watched.log.clear()
    green.execute(plan)
    assert watched.changes() == ["StopDeployment"] and codedeploy.service.versions() == ["v3"]


def test_the_step_does_not_wait_for_the_old_tasks_and_the_way_back_uses_them(
    green: Site, codedeploy: CodeDeploy, watched: Proxy
) -> None:
    codedeploy.keeps = LONG
    plan = green.plan()
    green.execute(plan)
    assert codedeploy.busy and codedeploy.service.versions() == ["v2"]
    watched.log.clear()
    green.restore(plan)
    assert watched.changes() == ["StopDeployment"] and codedeploy.service.versions() == ["bad"]


def test_an_alarm_that_goes_back_by_itself_is_no_success_and_the_run_can_be_resumed(
    green: Site, codedeploy: CodeDeploy, watched: Proxy
) -> None:
    plan = green.plan()

    def alarm(operation: str) -> None:
        codedeploy.alarm = codedeploy.alarm or operation == "CreateDeployment"

    watched.watch = alarm
    done = green.execute(plan, check=5)
    watched.watch = None
    assert (done["outcome"], done["targets"][0]["now"][-2:]) == ("failed", ":3")
    assert "ALARM_ACTIVE" in done["talk"] and codedeploy.service.versions() == ["bad"]
    codedeploy.settled()
    assert green.execute(plan)["outcome"] == "done"
    assert codedeploy.service.versions() == ["v2"]


def test_a_run_killed_while_codedeploy_works_finds_its_deployment_again(
    green: Site, codedeploy: CodeDeploy, watched: Proxy
) -> None:
    codedeploy.minute = 2
    plan = green.plan()
    for verb, version in (("execute", "v2"), ("restore", "bad")):
        watched.log.clear()
        process = green.start(verb, *green.approved(plan))
        until(watched.changes)
        kill_run(process, plan["run"])
        until(lambda: codedeploy.busy)
        green.script(verb, *green.approved(plan), check=None)
        assert codedeploy.service.versions() == [version]
        assert watched.changes() == ["CreateDeployment"]
        codedeploy.settled()


def test_a_deployment_between_plan_and_execute_stops_everything(
    green: Site, codedeploy: CodeDeploy, watched: Proxy
) -> None:
    plan = green.plan()
    codedeploy.deploy("shop:v3")
    error = green.execute(plan, check=10)["error"]
    assert error["code"] == "drifted" and "task definition of shop has changed" in error["message"]
    later = green.plan()
    assert names(later) == ("4", "3")
    watched.log.clear()
    looks = 0

    def deploy(operation: str) -> None:
        nonlocal looks
        looks += operation == "ListDeployments"
        if (
            operation == "ListDeployments" and looks == 2
        ):  # the guard, then the look before the change
            codedeploy.minute = 60
            codedeploy.deploy("shop:v2", wait=False)

    watched.watch = deploy
    done = green.execute(later, check=10)
    assert done["error"]["code"] == "drifted"
    assert "shop was left alone" in done["talk"] and watched.changes() == []
    codedeploy.deployments[0].stop = True


def test_of_two_runs_at_once_one_deploys(
    green: Site, codedeploy: CodeDeploy, watched: Proxy
) -> None:
    plan = green.plan()
    watched.log.clear()
    pair = [green.start("execute", *green.approved(plan)) for _ in range(2)]
    for process in pair:
        process.communicate(timeout=240)
    assert sorted(process.returncode for process in pair) in ([0, 9], [0, 0])
    assert watched.changes() == ["CreateDeployment"]
    assert codedeploy.service.versions() == ["v2"]


def test_traffic_that_a_person_shifts_is_said_before_and_waited_for(
    green: Site, codedeploy: CodeDeploy
) -> None:
    codedeploy.by_hand, codedeploy.ready = True, LONG
    plan = green.plan()
    assert findings(plan)["manual-shift"][0] == "warning"
    process = green.start("execute", *green.approved(plan))
    until(lambda: codedeploy.busy and codedeploy.busy.info["status"] == "Ready")
    assert codedeploy.service.versions() == ["bad"]
    id = codedeploy.deployments[0].id
    aws(green, "deploy", "continue-deployment", "--deployment-id", id, "--deployment-wait-type", "READY_WAIT")  # fmt: skip
    document, _ = process.communicate(timeout=240)
    assert process.returncode == 0 and json.loads(document)["outcome"] == "done"
    assert codedeploy.service.versions() == ["v2"]


def test_without_rights_nothing_moves_and_the_commands_do_what_they_say(
    green: Site, codedeploy: CodeDeploy, watched: Proxy
) -> None:
    watched.fault = Fault("denied", count=99, only="BatchGetDeployments")
    family = green.cluster.family("shop")
    plan = green.plan(f"{family}:2", check=None)
    watched.fault = None
    assert plan["verdict"] == "blocked"
    assert findings(plan)["controller-code-deploy"][0] == "blocker"
    (command,) = (row["fix"] for row in plan["findings"] if row["code"] == "codedeploy-commands")
    subprocess.run(["sh", "-c", command], env=green.environment, check=True, capture_output=True)
    codedeploy.settled()
    assert codedeploy.service.versions() == ["v2"]


def test_a_rolling_service_beside_it_goes_back_in_the_same_plan(
    green: Site, codedeploy: CodeDeploy, cluster: Cluster
) -> None:
    codedeploy.deploy("shop:v3")
    cluster.create("worker", "shop:v2")
    codedeploy.deploy("shop:bad")
    cluster.deploy("worker", "shop:bad")
    green.settings(cluster=cluster.name, services=["shop", "worker"])
    shop, worker = cluster.family("shop"), cluster.family("worker")
    cluster.ecs.deregister_task_definition(taskDefinition=f"{shop}:4")
    plan = green.plan()
    assert {move["to"]["id"] for move in plan["moves"]} == {f"{shop}:4+{worker}:1"}
    assert findings(plan)["registered-again"][0] == "note"
    done = green.execute(plan)
    assert [row["state"] for row in done["targets"]] == ["rolled-back"] * 2
    assert codedeploy.service.versions() + cluster.versions("worker") == ["v3", "v2"]
    assert codedeploy.service.live == f"{shop}:6", "the copy"
    green.restore(plan)
    assert codedeploy.service.versions() + cluster.versions("worker") == ["bad", "bad"]
