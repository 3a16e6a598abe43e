"""What a plan has to notice before anything is touched: history that is gone, content that moved, no room, no right, a cluster that says no."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from cluster import Cluster, Namespace, shop, wait_for
from skill import Answer, Project


def finding(plan: Answer, code: str) -> dict[str, str]:
    found = [one for one in plan["findings"] if one["code"] == code]
    assert found, plan.codes
    return found[0]


def test_a_revision_that_was_pruned_cannot_be_named_but_a_plan_made_before_still_holds(
    web: Namespace, project: Project
) -> None:
    """The patch carries the template: nothing depends on the ReplicaSet that remembered it."""
    web.deploy("web", "v2")
    plan = project.plan()
    web("delete", "replicaset", "-l", f"pod-template-hash={plan['moves'][0]['to']['artifact']}")
    gone = project.plan("v1")
    assert (gone.exit, gone.error) == (2, "unknown-release")
    assert project.execute(plan).exit == 0
    assert web.serving() == {"v1"}


def test_a_configmap_that_was_changed_since_is_named(web: Namespace, project: Project) -> None:
    web("create", "configmap", "limits", "--from-literal=most=5")
    web("set", "env", "deployment/web", "--from=configmap/limits")
    web.settled("deployment/web")
    web("set", "env", "deployment/web", "MODE=fast")
    web.deploy("web", "v2")
    assert "config-changed" not in project.plan().codes
    web("patch", "configmap", "limits", "-p", '{"data": {"most": "9"}}')
    full = project.plan("previous", "--full")
    assert "ConfigMap limits" in finding(full, "config-changed")["message"]
    assert [(row["key"], row["change"], row["restored"]) for row in full["config"]] == [
        ("ConfigMap/limits", "changed", False)
    ]
    older = project.plan("1", "--full")["config"]
    assert ("deployment/web/web: MODE", "removed", True) in [
        (row["key"], row["change"], row["restored"]) for row in older
    ]


def test_a_full_quota_is_told_before_and_is_the_reason_afterwards(
    web: Namespace, project: Project
) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "few"},
        "spec": {"hard": {"pods": "2"}},
    }
    web("scale", "deployment/web", "--replicas=2")
    web.deploy("web", "v2")
    web.apply(quota)
    wait_for(
        lambda: web("get", "resourcequota", "few", "-o", "jsonpath={.status.used.pods}") == "2",
        "the quota to be counted",
        60,
    )
    plan = project.plan()
    full = finding(plan, "quota-full")
    assert (plan["verdict"], "pods: 2 of 2 used" in full["message"]) == ("blocked", True)
    web("set", "image", "deployment/web", "web=localhost/shop:v5")
    wait_for(
        lambda: "exceeded quota" in project.run("health", "staging").text,
        "the reason of the stalled rollout",
        90,
    )
    way_around = full["fix"].partition("stop a pod first (")[2].partition("), or")[0]
    subprocess.run(["bash", "-c", way_around], env=web.cluster.environment, check=True)
    wait_for(
        lambda: "v5" in web("get", "pods", "-o", "jsonpath={.items[*].spec.containers[0].image}"),
        "a pod of v5 in the room of the one that was stopped",
    )
    plan = project.plan("v1")
    assert project.execute(plan).exit == 0, plan.text
    assert web.serving() == {"v1"}


def test_the_same_tag_on_both_sides_is_no_way_back(
    cluster: Cluster, space: Namespace, project: Project
) -> None:
    """The tag was pushed again with broken bytes; the revisions differ by a setting only."""
    image = f"localhost/{space.name}:stable"
    cluster.image(image, "v1")
    space.apply(shop(image="stable", container={"image": image}))
    space.settled("deployment/web")
    project.run("history", "staging")  # looks at what runs, and keeps it
    cluster.image(image, "v3", "500")
    space("set", "env", "deployment/web", "COLOR=red")
    images = ("get", "pods", "-o", "jsonpath={.items[*].status.containerStatuses[*].imageID}")
    wait_for(lambda: len(set(space(*images).split())) == 2, "the other bytes to run")
    plan = project.plan()
    assert (plan.exit, plan["verdict"]) == (3, "nothing")
    assert f"same tag as live, {image}, which was sha256:" in str(plan["findings"])
    named = project.plan("1")
    assert "spec.containers[web].env" in finding(named, "mutable-tag")["message"]
    assert "tag-moved" in named.codes
    first, *_ = ledger(project)
    assert first["digests"]["web"].startswith("sha256:")


def test_what_runs_after_a_rollback_is_kept(web: Namespace, project: Project) -> None:
    web.deploy("web", "v2")
    plan = project.plan()
    assert project.execute(plan).exit == 0
    *_, last = ledger(project)
    assert (last["verdict"], last["release"], list(last["digests"])) == ("seen", "3", ["web"])
    left = next(row for row in ledger(project) if row["verdict"] == "rolled-back-from")
    assert left["digests"]["web"] != last["digests"]["web"]


def ledger(project: Project) -> list[dict[str, Any]]:
    text = (project.root / ".claude/deployment-rollback/ledger.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_a_reloader_makes_no_release(web: Namespace, project: Project) -> None:
    web.deploy("web", "v2")
    for variable in ("STAKATER_LIMITS_CONFIGMAP=1", "STAKATER_LIMITS_CONFIGMAP=2"):
        web("set", "env", "deployment/web", variable)
        web.settled("deployment/web")
    move = project.plan()["moves"][0]
    assert (move["to"]["version"], [row["code"] for row in move["skipped"]]) == (
        "v1",
        ["same-content", "same-content"],
    )


def test_an_admission_rule_that_refuses_the_target_blocks(
    cluster: Cluster, web: Namespace, project: Project
) -> None:
    web.deploy("web", "v2")
    name = f"no-v1-{web.name}"
    rule = {
        "expression": "!object.spec.template.spec.containers.exists(c, c.image.endsWith(':v1'))",
        "message": "v1 has a known hole",
    }
    matches = {
        "resourceRules": [
            {
                "apiGroups": ["apps"],
                "apiVersions": ["v1"],
                "operations": ["UPDATE"],
                "resources": ["deployments"],
            }
        ]
    }
    spec = {"failurePolicy": "Fail", "matchConstraints": matches, "validations": [rule]}
    where = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": web.name}}}
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
    policy = {**kind, "kind": "ValidatingAdmissionPolicy", "spec": spec}
    bound = {"policyName": name, "validationActions": ["Deny"], "matchResources": where}
    binding = {**kind, "kind": "ValidatingAdmissionPolicyBinding", "spec": bound}
    cluster.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all([policy, binding]))
    try:
        trial = (
            "set",
            "image",
            "deployment/web",
            "web=localhost/shop:v1",
            "--dry-run=server",
            "-o",
            "name",
        )
        wait_for(lambda: not web(*trial, check=False), "the rule to be in force", 60)
        plan = project.plan()
        assert (
            plan["verdict"],
            "v1 has a known hole" in finding(plan, "admission-refused")["message"],
        ) == ("blocked", True)
    finally:
        cluster.kubectl(
            "delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", name
        )


def test_what_a_narrow_role_lacks_is_named_with_the_commands_that_allow_it(
    cluster: Cluster, web: Namespace, make_project: Callable[..., Project], tmp_path: Path
) -> None:
    web.deploy("web", "v2")
    web("create", "serviceaccount", "ci")
    narrow = cluster.as_account(web, "ci", tmp_path / "narrow.yaml")
    project = make_project(narrow, namespace=web.name)
    assert (project.plan().exit, project.plan().error) == (12, "forbidden")
    reads = "deployments.apps,statefulsets.apps,daemonsets.apps,replicasets.apps,controllerrevisions.apps,pods,namespaces"
    web("create", "role", "read", "--verb=get,list", f"--resource={reads}")
    web("create", "rolebinding", "read", "--role=read", f"--serviceaccount={web.name}:ci")
    plan = project.plan()
    assert (plan["verdict"], "patch deployments.apps" in finding(plan, "rbac")["message"]) == (
        "blocked",
        True,
    )
    for command in (
        finding(plan, "rbac")["fix"]
        .removeprefix("ask an administrator to run: ")
        .partition(", and to bind")[0]
        .split(" && ")
    ):
        subprocess.run(shlex.split(command), env=cluster.environment, check=True)
        role = command.split("create role ")[1].split()[0]
        web("create", "rolebinding", role, f"--role={role}", f"--serviceaccount={web.name}:ci")
    assert project.execute(project.plan()).exit == 0
    assert web.serving() == {"v1"}
