"""Releases that never ended: somebody is at it, or it is stuck, and how each gets out; kills in the middle."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Callable
from pathlib import Path

from cluster import Namespace, wait_for
from helm_shop import Helm, config, hook, web
from skill import Answer, Project

Releases = Callable[..., Project]


def test_a_hook_that_fails_leaves_a_stuck_release_which_the_next_plan_frees(
    both: Helm, releases: Releases, space: Namespace
) -> None:
    """Helm records no failure; objects that only the bad release has would be left behind."""
    project = releases(both)
    both.deploy(config(a="1"), hook("pre-rollback", command="exit 1"))
    both.deploy(config(a="2"), config("only-in-2"))
    plan = project.plan()
    assert (plan["verdict"], "hooks" in plan.codes) == ("ready", True)
    failed = project.execute(plan)
    assert (failed.exit, both.newest()) == (5, (3, "pending-rollback"))
    project.run("plan", "staging", "--abandon", plan["run"])
    again = project.plan()
    move = again["moves"][0]
    assert (again["verdict"], move["current"]["id"], move["to"]["id"]) == ("ready", "3", "1")
    assert {"stuck", "hooks-skipped"} <= set(again.codes)
    assert project.execute(again).exit == 11
    assert both.newest()[1] == "deployed"
    assert space("get", "configmap", "settings", "-o", "jsonpath={.data.a}") == "1"
    assert space("get", "configmap", "only-in-2", "--ignore-not-found") == ""
    assert project.restore(again)["outcome"] == "restored"
    assert space("get", "configmap", "only-in-2", "-o", "name") == "configmap/only-in-2"
    both.deploy(config(a="5"))


def test_what_a_half_done_upgrade_left_is_no_obstacle_and_is_cleared_away(
    both: Helm, releases: Releases, space: Namespace
) -> None:
    """It failed before it deleted `old` and after it made `new`: Helm alone stops on `old`, and a second try forgets `new`."""
    project = releases(both)
    both.deploy(
        config(a="1"),
        config("kept", annotations={"helm.sh/resource-policy": "keep"}),
        config("old"),
        web("v1"),
    )
    changed = web("v1", selector={"matchLabels": {"app": "web", "tier": "a"}})
    changed["spec"]["template"]["metadata"]["labels"]["tier"] = "a"
    both.deploy(config(a="2"), config("new"), changed, good=False)
    assert (both.newest(), space("get", "configmap", "old", "new", "-o", "name").split()) == (
        (2, "failed"),
        ["configmap/old", "configmap/new"],
    )
    plan = project.plan()
    assert (plan["verdict"], "left-behind" in plan.codes) == ("ready", True)
    assert project.execute(plan).exit == 0
    assert both.newest()[1] == "deployed"
    assert (
        space("get", "configmap", "old", "new", "--ignore-not-found", "-o", "name")
        == "configmap/old"
    )
    assert space("get", "configmap", "settings", "-o", "jsonpath={.data.a}") == "1"


def test_an_upgrade_under_way_blocks_and_one_that_was_left_is_freed(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    project = releases(helm)
    helm.deploy(web("v1"), wait=True)
    helm.write(web("v3"))
    upgrade = helm.begin("upgrade", "shop", str(helm.chart), "--wait", "--timeout=120s")
    space.begun("v3")
    upgrade.kill()
    upgrade.wait()
    assert helm.newest() == (2, "pending-upgrade")
    plan = project.plan()
    assert (plan["verdict"], plan.codes[0]) == ("blocked", "deploy-in-flight")
    helm.age(2)
    plan = project.plan()
    assert (plan["verdict"], "stuck" in plan.codes) == ("ready", True)
    assert project.execute(plan).exit == 0
    assert (helm.newest(), space.serving()) == ((3, "deployed"), {"v1"})


def test_a_killed_rollback_goes_on_and_can_be_taken_back(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    project = releases(helm)
    plan = killed_under_way(helm, project)
    ends: list[int] = []
    # what the kill left behind may hold the lock for another moment
    wait_for(
        lambda: ends.append(project.execute(plan).exit) or ends[-1] != 9, "the lock to be free", 60
    )
    assert ends[-1] == 0
    assert (helm.newest(), space.serving()) == ((4, "deployed"), {"v1"})
    assert project.restore(plan)["targets"][0]["state"] == "restored"
    assert space.image("deployment/web") == "v2"


def test_a_killed_rollback_that_was_given_up_is_no_deploy_of_somebody_else(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    """Our own journal knows it; who has no such journal has to wait until nobody can be at it any more."""
    project = releases(helm)
    plan = killed_under_way(helm, project)
    (freed_by,) = project.run("plan", "--abandon", plan["run"])["locks"]
    space.cluster.kubectl(*shlex.split(freed_by)[1:])
    assert "deploy-in-flight" in releases(helm).plan().codes
    plans: list[Answer] = []
    wait_for(lambda: plans.append(project.plan()) or plans[-1].exit != 9, "the lock to be free", 60)
    again = plans[-1]
    told = next(one["message"] for one in again["findings"] if one["code"] == "stuck")
    assert (again["verdict"], Path(plan["run"]).name in told, again["moves"][0]["to"]["id"]) == (
        "ready",
        True,
        "1",
    )
    assert project.execute(again).exit == 0
    assert (helm.newest(), space.serving()) == ((4, "deployed"), {"v1"})


def killed_under_way(helm: Helm, project: Project) -> Answer:
    """From v2 to v1, the plan of it: script and helm are killed while helm waits for a hook."""
    helm.deploy(web("v1"), hook("pre-rollback", command="sleep 6"), wait=True)
    helm.deploy(web("v2"), wait=True)
    plan = project.plan()
    script = project.start("execute", plan)
    wait_for(lambda: helm.newest() == (3, "pending-rollback"), "the rollback to be under way", 60)
    os.killpg(script.pid, signal.SIGKILL)
    script.communicate()
    kill_rest(helm, plan["run"])
    assert helm.newest() == (3, "pending-rollback")
    return plan


def kill_rest(helm: Helm, run: str) -> None:
    """The script of that run, and each helm of this test's own folder: by their id."""
    for entry in filter(str.isdecimal, os.listdir("/proc")):
        try:
            words = Path(f"/proc/{entry}/cmdline").read_text().split("\0")
        except OSError:
            continue
        if str(helm.bin / "helm") in words or any(run in word for word in words):
            os.kill(int(entry), signal.SIGKILL)


def test_a_release_that_does_not_get_well_is_told_with_its_reason_and_can_be_taken_back(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    project = releases(helm)
    helm.deploy(web("v3", progressDeadlineSeconds=5))
    helm.deploy(web("v2"), wait=True)
    plan = project.plan("1")
    done = project.execute(plan)
    assert (done.exit, done["outcome"], done["targets"][0]["state"]) == (5, "failed", "failed")
    assert helm.newest() == (3, "deployed")
    ledger = (project.root / ".claude/deployment-rollback/ledger.jsonl").read_text()
    assert '"release":"1"' in ledger and '"verdict":"failed"' in ledger
    assert "readiness probe fails" in str(done["health"]["checks"])
    assert project.restore(plan)["outcome"] == "restored"
    space.settled("deployment/web")
    assert space.serving() == {"v2"}


def test_another_deploy_between_plan_and_execute_stops_it(helm: Helm, releases: Releases) -> None:
    project = releases(helm)
    helm.deploy(config(a="1"))
    helm.deploy(config(a="2"))
    plan = project.plan()
    helm.deploy(config(a="3"))
    assert project.execute(plan).exit == 10
    assert helm.newest() == (3, "deployed")


def test_a_rollback_from_another_machine_is_locked_out(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    helm.deploy(config(a="1"))
    helm.deploy(config(a="2"))
    here, there = releases(helm), releases(helm)
    mine, theirs = here.plan(), there.plan()
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "spec": {"holderIdentity": "ana@there/run/other", "leaseDurationSeconds": 600},
    }
    space.apply(
        {
            **lease,
            "metadata": {
                "name": "rollback-shop",
                "labels": {"app.kubernetes.io/managed-by": "deployment-rollback"},
            },
        }
    )
    assert here.execute(mine).exit == 9
    assert (helm.newest(), "cluster-locked" in here.plan().codes) == ((2, "deployed"), True)
    space("delete", "lease", "rollback-shop")
    assert there.execute(theirs).exit == 11
    assert space("get", "leases", "-o", "name") == ""
