"""What a script does while CodeDeploy goes back by itself, is about to, or will not."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_ecs_codedeploy_script import PLACE, changes, deploy, made, run

pytestmark = pytest.mark.programs
STOPPED = "8 Stopped user None None True"


def primary(folder: Path) -> str:
    return (folder / "primary").read_text().strip()


def test_a_stop_before_any_traffic_moved_needs_no_deployment(tmp_path: Path) -> None:
    d5 = "8 InProgress user None None False"
    state = {"primary": "7", "other": "8", "other_set": "d-5", "busy": "d-5", "d_5": d5}
    done = deploy(tmp_path, moves="alone", **state)
    assert done.returncode == 0, done.stderr
    assert changes(tmp_path) == ["stop-deployment"] and made(tmp_path) == []


@pytest.mark.parametrize("live", [{"primary": "8", "other": "7"}, {"primary": "7", "other": "8"}])
def test_a_deployment_that_was_stopped_a_moment_ago_is_gone_back_from(
    tmp_path: Path, live: dict[str, str]
) -> None:
    """The run ended after its stop; CodeDeploy's own deployment back is not there yet."""
    which = "primary_set" if live["primary"] == "8" else "other_set"
    state = {**live, which: "d-5", "d_5": STOPPED, "moves": "goesback", "returns": "7"}
    done = deploy(tmp_path, **state)
    assert done.returncode == 0, done.stderr
    assert changes(tmp_path) == [] and primary(tmp_path) == "7"


def test_two_task_sets_after_a_stop_are_no_proof(tmp_path: Path) -> None:
    state = {"primary": "7", "other": "8", "other_set": "d-5", "d_5": STOPPED}
    proof = run(tmp_path, f"codedeploy_serves {PLACE}", busy="", fault="0", **state)
    assert "on every task" not in proof.stdout and "d-5 left beside it" in proof.stdout


def test_old_tasks_beside_one_that_was_gone_back_from_do_not_matter(tmp_path: Path) -> None:
    d5, d8 = "8 Stopped user None d-8 True", "7 Succeeded codeDeployRollback d-5 None True"
    state = {"primary": "7", "other": "8", "other_set": "d-5", "d_5": d5, "d_8": d8}
    proof = run(tmp_path, f"codedeploy_serves {PLACE}", busy="", fault="0", **state)
    assert proof.stdout.strip() == "shop:7 on every task", proof.stderr


@pytest.mark.parametrize("live", [{"primary": "8", "other": "7"}, {"primary": "7", "other": "8"}])
def test_what_codedeploy_does_not_go_back_from_gets_a_deployment(
    tmp_path: Path, live: dict[str, str]
) -> None:
    which = "primary_set" if live["primary"] == "8" else "other_set"
    done = deploy(tmp_path, **live, **{which: "d-5"}, d_5=STOPPED, moves="")
    assert done.returncode == 0, done.stderr
    assert made(tmp_path) == ["7"] and primary(tmp_path) == "7"


def test_no_deployment_competes_with_one_back_that_does_not_end(tmp_path: Path) -> None:
    d5, d8 = "8 Stopped user None d-8 True", "7 Ready codeDeployRollback d-5 None False"
    live = {"primary": "8", "other": "7", "primary_set": "d-5", "d_5": d5, "d_8": d8}
    done = deploy(tmp_path, moves="ready", **live)
    assert done.returncode == 1 and "shop was left alone" in done.stderr
    assert changes(tmp_path) == []


def test_a_restore_waits_until_codedeploy_has_gone_back_and_deploys_then(tmp_path: Path) -> None:
    d8 = "7 Created codeDeployRollback d-o None False"
    done = deploy(tmp_path, 7, 8, primary="8", other="7", busy="d-8", d_8=d8, primary_set="d-o")
    assert done.returncode == 0, done.stderr
    assert made(tmp_path) == ["8"] and changes(tmp_path) == ["create-deployment"]
