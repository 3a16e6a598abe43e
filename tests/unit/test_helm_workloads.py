"""What the cluster says about the workloads of a Helm release: rights, references, each in the right namespace."""

from __future__ import annotations

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
    manifest = deployment("other", imagePullSecrets=[{"name": "registry"}])
    names, existing = f"Secret/registry {ACCOUNT}", "ServiceAccount default\n"
    rights = "*.*   []   []   [*]\n"
    (finding,) = findings(tmp_path, manifest, rights, names, existing)
    assert (finding.level, finding.code) == ("blocker", "reference-missing")
    assert "needs Secret registry" in finding.message
