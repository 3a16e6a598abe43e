"""What a revision asks for and Helm's merge did not bring to the live objects: named after the rollback, with paths only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helm_records import kind, move, revision, secret
from kubernetes_recorded import NoProxy
from msgspec.structs import replace

from rollback.model import Check, Command
from rollback.platforms import helm
from rollback.shell import Answer, Shell


def deployment(*env: tuple[str, str], image: str = "x:1", **spec: Any) -> str:
    variables = [{"name": name, "value": value} for name, value in env]
    container = {"name": "app", "image": image, "env": variables}
    pods = {"spec": {"containers": [container]}}
    return kind("Deployment", "web", "apps/v1", spec={"template": pods, **spec})


def parsed(document: str) -> dict[str, Any]:
    return json.loads(document.removeprefix("---\n"))  # type: ignore[no-any-return]


_SERVED = [
    {"name": "roles", "kind": "Role", "namespaced": True},
    {"name": "clusterroles", "kind": "ClusterRole", "namespaced": False},
]


def role(*verbs: str) -> str:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": list(verbs)}]
    return kind("ClusterRole", "web", "rbac.authorization.k8s.io/v1", rules=rules)


class Cluster(Shell):
    """It stores this revision, `live` lives, and its server would make `tried` of a dry run ("" refuses it)."""

    def __init__(self, number: int, asked: str, live: str, tried: str | None = None) -> None:
        super().__init__(Path())
        self.served = NoProxy()
        self.stored = revision(number, asked, status="deployed")
        self.live, self.tried = live, asked if tried is None else tried

    def ask(self, command: Command) -> Answer:
        words = command.argv
        if "--label-columns=name,version,status" in words:
            return Answer((0, f"x helm.sh/release.v1 1 1d web {self.stored.number} deployed\n", ""))
        if "--dry-run=server" in words:
            return Answer((0, json.dumps(parsed(self.tried)), "") if self.tried else (1, "", "no"))
        if words[-1].endswith(f"/sh.helm.release.v1.web.v{self.stored.number}"):
            return Answer((0, json.dumps(secret(self.stored)), ""))
        if words[-1] == "/apis/rbac.authorization.k8s.io/v1":
            return Answer((0, json.dumps({"resources": _SERVED}), ""))
        if words[-1].endswith(("/deployments/web", "/clusterroles/web")):
            return Answer((0, json.dumps(parsed(self.live)), ""))
        return Answer((0, '{"kind": "List", "metadata": {}, "items": []}', ""))


def content(cluster: Cluster) -> list[Check]:
    """After a rollback from revision 2 to revision 1, which became revision 3."""
    moved = move(revision(2, deployment()), revision(1, cluster.stored.manifest))
    checks = helm.checks([moved], cluster)
    return [check for check in checks if check.name == "content of web"]


def test_a_variable_that_helm_dropped_is_unhealthy_and_named_without_its_value() -> None:
    asked, live = deployment(("A", "1"), ("STAGE", "hunter2")), deployment(("A", "1"))
    (check,) = content(Cluster(3, asked, live))
    assert check.verdict == "unhealthy"
    assert "Deployment/web spec.template.spec.containers[app].env[STAGE];" in check.detail
    assert "helm -n shop rollback web 3" in check.detail and "hunter2" not in check.detail


def test_only_the_last_of_two_variables_with_the_same_name_counts() -> None:
    asked = deployment(("STAGE", "a"), ("STAGE", "b"))
    assert content(Cluster(3, asked, asked)) == []
    assert content(Cluster(3, asked, deployment(("STAGE", "b")))) == []
    assert len(content(Cluster(3, asked, deployment(("STAGE", "a"))))) == 1


@pytest.mark.parametrize(
    ("asked", "live", "tried"),
    [
        (deployment(replicas=2), deployment(replicas=5), None),
        (deployment(image="x:1"), deployment(image="mirror/x:1"), deployment(image="mirror/x:1")),
        (deployment(), deployment().replace("apps/v1", "apps/v2").replace("x:1", "x:2"), None),
    ],
    ids=["scaled", "rewritten by a webhook", "another version of the API"],
)
def test_what_is_no_fault_of_the_merge_is_not_reported(
    asked: str, live: str, tried: str | None
) -> None:
    assert content(Cluster(3, asked, live, tried)) == []


def test_a_difference_counts_where_the_server_does_not_say_what_it_rewrites() -> None:
    (check,) = content(Cluster(3, deployment(image="x:1"), deployment(image="x:2"), ""))
    assert "containers[app].image (x:2, not x:1)" in check.detail


def test_nothing_is_compared_before_the_rollback() -> None:
    """What somebody edited by hand is drift, and says nothing about health."""
    edited = Cluster(2, deployment(("A", "1")), deployment())
    assert content(edited) == []
    later = Cluster(3, deployment(("A", "1")), deployment())
    later.stored = replace(later.stored, status="failed")
    assert content(later) == []


def test_a_role_is_compared_where_the_cluster_says_that_it_lives() -> None:
    (check,) = content(Cluster(3, role("get", "list"), role("get")))
    assert check.verdict == "unhealthy" and "ClusterRole/web rules[0].verbs" in check.detail
    assert content(Cluster(3, role("get"), role("get"))) == []


def test_of_a_rarer_kind_only_what_the_server_would_store_counts() -> None:
    """It may spell the same in its own way, and it may not say how."""
    assert content(Cluster(3, role("get"), role("list"), role("list"))) == []
    assert content(Cluster(3, role("get"), role("list"), "")) == []
