"""One rollback of an application at a time, from whatever machine: the Lease."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from cluster import Cluster, Namespace
from gate import Holding
from skill import SCRIPTS, Project


def leases(space: Namespace) -> list[str]:
    return space("get", "leases", "-o", "name").split()


def hold(space: Namespace, seconds: int) -> None:
    """Another machine takes the lock now."""
    meta = {
        "name": "rollback-web",
        "labels": {"app.kubernetes.io/managed-by": "deployment-rollback"},
    }
    holder = "ana@laptop/.rollback-checkpoint-20261125-100000/abc"
    spec = {
        "holderIdentity": holder,
        "leaseDurationSeconds": seconds,
        "acquireTime": "2026-11-25T10:00:00.000000Z",
    }
    space.apply(
        {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec}
    )


def hold_no_longer(space: Namespace) -> None:
    """Its time is over a second after it was written; the server tells whole seconds."""
    hold(space, 1)
    time.sleep(2)


def test_the_lock_of_another_machine_stops_a_rollback_before_anything_is_changed(
    web: Namespace, project: Project
) -> None:
    web.deploy("web", "v2")
    plan = project.plan()
    assert [step["id"] for step in plan["steps"]] == ["app.web.switch"]
    hold(web, 300)
    locked = project.execute(plan)
    assert (locked.exit, locked.error) == (9, "locked")
    assert (
        "ana@laptop/.rollback-checkpoint-20261125-100000 holds the lock since 2026-11-25T10:00:00"
        in locked["error"]["message"]
    )
    assert web.image("deployment/web") == "v2"
    assert (
        f"kubectl --context test --namespace {web.name} delete lease rollback-web"
        in locked["error"]["message"]
    )
    assert project.plan().codes.count("cluster-locked") == 1, (
        "and the run that was locked out is not in the way of a new plan"
    )
    hold_no_longer(web)
    assert project.execute(plan).exit == 0, "a lock whose time is over is taken over"
    assert leases(web) == []
    assert project.restore(plan).exit == 0
    assert leases(web) == []


def take(
    space: Namespace, folder: Path, mark: str, hours: int, seconds: int = 300
) -> subprocess.CompletedProcess[str]:
    """The lock as the scripts take it, on a machine whose clock is wrong by so many hours."""
    files = ("functions/_cluster.sh", "libraries/lease.sh", "runner.sh")
    cluster, lease, runner = ((SCRIPTS.parent / "templates" / file).read_text() for file in files)
    functions = "\n".join(
        [*re.findall(r"^read_options\(\) \{.*?^\}$", runner, re.M | re.S), cluster, lease]
    )
    lines = (
        "set -euo pipefail", f"KUBECTL=kubectl RUN=.rollback-checkpoint-20261125-100000 OUTPUT={folder}/output ERRORS={folder}/errors",
        f"date() {{ command date --date '{hours} hours' \"$@\"; }}", functions,
        f"take_leases --context test --namespace {space.name} --seconds {seconds} --mark {mark} --names rollback-web",
    )  # fmt: skip
    return subprocess.run(
        ["bash"],
        input="\n".join(lines),
        env=space.cluster.environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("hours", [-26, 26])
def test_a_machine_whose_clock_is_wrong_neither_takes_a_live_lock_nor_waits_for_a_dead_one(
    space: Namespace, tmp_path: Path, hours: int
) -> None:
    assert take(space, tmp_path, "one", -hours).returncode == 0
    refused = take(space, tmp_path, "two", hours)
    assert (refused.returncode, "more seconds" in refused.stdout) == (9, True), refused
    assert (
        take(space, tmp_path, "one", -hours, 1000).returncode,
        take(space, tmp_path, "two", hours).returncode,
    ) == (0, 9), "it is renewed"
    space(
        "patch",
        "lease",
        "rollback-web",
        "--type=merge",
        "-p",
        '{"spec": {"leaseDurationSeconds": 1}}',
    )
    time.sleep(2)
    assert take(space, tmp_path, "two", hours).returncode == 0
    assert take(space, tmp_path, "one", -hours).returncode == 9, (
        "and is not taken back by the one it was taken from"
    )


def test_of_two_rollbacks_at_the_same_time_one_is_done(
    cluster: Cluster, web: Namespace, make_project: Callable[..., Project], tmp_path: Path
) -> None:
    """The second has another kubeconfig and another project folder: nothing but the cluster can keep them apart."""
    second = tmp_path / "second.yaml"
    second.write_text(cluster.kubeconfig.read_text())
    web.deploy("web", "v2")
    web.deploy("web", "v5")
    both = [make_project(one, namespace=web.name) for one in (cluster, Cluster(second))]
    plans = [project.plan(wanted) for project, wanted in zip(both, ("v1", "v2"), strict=True)]
    running = [project.start("execute", plan) for project, plan in zip(both, plans, strict=True)]
    exits = sorted(one.wait(120) for one in running)
    # 9: the lock was taken; 10: the guards, or the server that compares, saw the other one's release
    assert exits[0] == 0 and exits[1] in (9, 10), exits
    winner = next(
        wanted for one, wanted in zip(running, ("v1", "v2"), strict=True) if one.returncode == 0
    )
    assert (web.image("deployment/web"), leases(web)) == (winner, [])


def test_a_role_without_leases_can_go_without_the_lock(
    cluster: Cluster, web: Namespace, make_project: Callable[..., Project], tmp_path: Path
) -> None:
    web.deploy("web", "v2")
    web("create", "serviceaccount", "ci")
    rules = [
        {"apiGroups": ["apps"], "resources": ["*"], "verbs": ["get", "list", "patch"]},
        {
            "apiGroups": [""],
            "resources": ["pods", "namespaces", "events", "serviceaccounts"],
            "verbs": ["get", "list"],
        },
    ]
    web.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": "ci"},
            "rules": rules,
        }
    )
    web("create", "rolebinding", "ci", "--role=ci", f"--serviceaccount={web.name}:ci")
    project = make_project(cluster.as_account(web, "ci", tmp_path / "ci.yaml"), namespace=web.name)
    plan = project.plan()
    assert (plan["verdict"], plan.codes.count("rbac")) == ("blocked", 1)
    assert "--no-cluster-lock" in next(
        one["fix"] for one in plan["findings"] if one["code"] == "rbac"
    )
    plan = project.plan("previous", "--no-cluster-lock")
    assert (plan["verdict"], "no-cluster-lock" in plan.codes) == ("ready", True)
    assert project.execute(plan).exit == 0
    assert web.serving() == {"v1"}


def as_documented(web: Namespace, cluster: Cluster, file: Path) -> Cluster:
    """The cluster, seen by an account that has the Role of the reference and nothing more."""
    text = (
        (SCRIPTS.parent / "references/kubernetes.md")
        .read_text()
        .partition("```yaml")[2]
        .partition("```")[0]
    )
    web.apply(yaml.safe_load(text.replace("shop", web.name)))
    web("create", "serviceaccount", "ci")
    web("create", "rolebinding", "ci", "--role=rollback", f"--serviceaccount={web.name}:ci")
    return cluster.as_account(web, "ci", file)


def test_the_documented_role_is_enough_to_take_over_a_lock_and_to_go_on_after_a_kill(
    cluster: Cluster, web: Namespace, make_project: Callable[..., Project], tmp_path: Path
) -> None:
    web.deploy("web", "v2")
    project, held = (
        make_project(as_documented(web, cluster, tmp_path / "ci.yaml"), namespace=web.name),
        Holding(tmp_path / "held"),
    )
    project.environment["PATH"] = f"{held.folder}:{project.environment['PATH']}"
    plan = project.plan()
    assert plan["verdict"] == "ready", plan["findings"]
    hold_no_longer(web)
    held.at("before", "patch deployment")
    held.kill(project.start("execute", plan))
    assert "/.rollback-checkpoint-2" in web(
        "get", "leases", "-o", "jsonpath={.items[*].spec.holderIdentity}"
    )
    web(
        "patch",
        "lease",
        "rollback-web",
        "--type=merge",
        "-p",
        '{"spec": {"leaseDurationSeconds": 1}}',
    )
    assert (project.execute(plan).exit, leases(web)) == (0, [])


def test_a_role_that_may_not_read_a_lock_is_told_so_and_nobody_is_blamed(
    cluster: Cluster, web: Namespace, make_project: Callable[..., Project], tmp_path: Path
) -> None:
    web.deploy("web", "v2")
    project = make_project(as_documented(web, cluster, tmp_path / "ci.yaml"), namespace=web.name)
    plan = project.plan()
    rules = [
        {
            **rule,
            "verbs": [
                verb for verb in rule["verbs"] if verb != "get" or rule["resources"] != ["leases"]
            ],
        }
        for rule in web.read("role/rollback")["rules"]
    ]
    web("patch", "role", "rollback", "--type=merge", "-p", json.dumps({"rules": rules}))
    assert project.plan("previous", "--no-cluster-lock")["verdict"] == "ready"
    lacking = project.plan()
    assert (lacking["verdict"], "get leases" in str(lacking["findings"])) == ("blocked", True)
    hold_no_longer(web)
    refused = project.execute(plan)
    assert (refused.exit, "cannot get resource" in refused["error"]["message"]) == (12, True), (
        refused.text
    )


def test_what_a_dead_run_holds_is_freed_by_hand_when_it_is_given_up_and_by_itself_when_it_cannot_go_on(
    web: Namespace, project: Project, tmp_path: Path
) -> None:
    web.deploy("web", "v2")
    held = Holding(tmp_path / "held")
    project.environment["PATH"] = f"{held.folder}:{project.environment['PATH']}"
    for end in ("abandon", "drift"):
        plan = project.plan("1")
        held.at("before", "patch deployment")
        held.kill(project.start("execute", plan))
        assert leases(web) == ["lease.coordination.k8s.io/rollback-web"]
        if end == "abandon":
            closed = project.run("plan", "--abandon", plan["run"], "--reason", "live test")
            (freed_by,) = closed["locks"]
            web.cluster.kubectl(*shlex.split(freed_by)[1:])
        else:
            web("set", "image", "deployment/web", "web=localhost/shop:v5")
            assert project.execute(plan).exit == 10
        assert leases(web) == [], end
