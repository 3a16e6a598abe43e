"""What the cluster says about the workloads of a Helm release: rights, references, each in the right namespace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helm_records import comparison, kind
from kubernetes_recorded import Recorded

from rollback.platforms.helm.manifest import objects
from rollback.platforms.helm.preflight import workloads

KUBECTL = "kubectl --context test --namespace"
REFERENCES = "--ignore-not-found --output=custom-columns=:.kind,:.metadata.name --no-headers"
ACCOUNT = "ServiceAccount/default"
ALL_RIGHTS = "*.*   []   []   [*]\n"


def deployment(namespace: str, **spec: Any) -> str:
    pods = {"containers": [{"name": "web", "image": "web:1@sha256:1"}], **spec}
    return kind(
        "Deployment",
        "web",
        "apps/v1",
        metadata={"namespace": namespace},
        spec={"template": {"spec": pods}},
    )


def findings(tmp_path: Path, manifest: str, rights: str, names: str, existing: str) -> list[Any]:
    """`rights`: what `kubectl auth can-i --list` prints in namespace other."""
    answers = [
        (f"{KUBECTL} other auth can-i --list", 0, rights, ""),
        (f"{KUBECTL} shop get {names} {REFERENCES}", 0, existing, ""),
    ]
    compared = comparison(manifest, manifest)
    live = {
        key: {**raw, "metadata": {**raw["metadata"], "uid": "u"}}
        for key, raw in objects(manifest, "shop").items()
    }
    return list(workloads.findings(compared, live, Recorded(tmp_path, {"answers": answers})))


@pytest.mark.parametrize(("verbs", "codes"), [("get list", ["rbac"]), ("get patch", [])])
def test_rights_are_those_of_the_namespace_of_the_workload(
    verbs: str, codes: list[str], tmp_path: Path
) -> None:
    rights = f"deployments.apps   []   []   [{verbs}]\n"
    existing = "ServiceAccount default\n"
    found = findings(tmp_path, deployment("other"), rights, ACCOUNT, existing)
    assert [finding.code for finding in found] == codes
    assert all("patch deployments.apps" in finding.message for finding in found)


def test_object_that_the_pods_need_and_nobody_has_blocks(tmp_path: Path) -> None:
    manifest = deployment("other", priorityClassName="high")
    names = f"{ACCOUNT} PriorityClass/high"
    (finding,) = findings(tmp_path, manifest, ALL_RIGHTS, names, "ServiceAccount default\n")
    assert (finding.level, finding.code) == ("blocker", "reference-missing")
    assert "needs PriorityClass high" in finding.message


def test_secret_for_pulling_that_is_gone_is_a_warning(tmp_path: Path) -> None:
    manifest = deployment("other", imagePullSecrets=[{"name": "registry"}])
    names = f"Secret/registry {ACCOUNT}"
    (finding,) = findings(tmp_path, manifest, ALL_RIGHTS, names, "ServiceAccount default\n")
    assert (finding.level, finding.code) == ("warning", "pull-secret-missing")
    assert "Secret registry" in finding.message


def replicas(count: int | None) -> str:
    pods = {"spec": {"containers": [{"name": "web", "image": "web:1@sha256:1"}]}}
    number = {} if count is None else {"replicas": count}
    return kind("Deployment", "web", "apps/v1", spec={"template": pods, **number})


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (2, 2, "holds 5 pods now: the rollback sets 2"),
        (None, None, "the number of pods does not change"),
        (2, None, "holds 5 pods now: the rollback sets 1"),
        (None, 3, "holds 5 pods now: the rollback sets 3"),
    ],
)
def test_an_autoscaler_scales_again_what_helm_sets(
    before: int | None, after: int | None, text: str, tmp_path: Path
) -> None:
    """Helm sets what the manifest names, and the default where only the live manifest names it."""
    scaler = {
        "metadata": {"name": "grow"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}},
    }
    path = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
    answers = [
        (f"{KUBECTL} shop get --raw {path}", 0, json.dumps({"items": [scaler]}), ""),
        (f"{KUBECTL} shop auth can-i --list", 0, "*.*   []   []   [*]\n", ""),
        (f"{KUBECTL} shop get {ACCOUNT} {REFERENCES}", 0, "ServiceAccount default\n", ""),
    ]
    live = {
        key: {**raw, "metadata": {**raw["metadata"], "uid": "u"}}
        for key, raw in objects(replicas(5), "shop").items()
    }
    cluster = Recorded(tmp_path, {"answers": answers})
    compared = comparison(replicas(before), replicas(after))
    (found,) = (
        one for one in workloads.findings(compared, live, cluster) if one.code == "autoscaler"
    )
    assert text in found.message
