"""The chain of owners: who writes again what was suspended below, read from what a cluster has recorded."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.platforms.kubernetes import owners, suspend
from rollback.platforms.kubernetes.workloads import Workload

FLUX = "kustomize.toolkit.fluxcd.io"
_WORN = {"annotations": {"argocd.argoproj.io/tracking-id": "web:x"}}
PLACE = {"namespace": "shop", "context": ""}


def chain(
    monkeypatch: pytest.MonkeyPatch, meta: dict[str, Any], *objects: dict[str, Any]
) -> list[owners.Link]:
    """Owners of a workload in a cluster of these objects."""
    there = {one["metadata"]["name"]: one for one in objects}
    monkeypatch.setattr(
        owners,
        "find",
        lambda shell, place, *paths: [there.get(path.rpartition("/")[2]) for path in paths],
    )
    return owners.chain(
        None, PLACE, [Workload("deployment", {"metadata": {"name": "web", "uid": "1", **meta}})]
    )  # type: ignore[arg-type]


def kustomization(name: str, above: str, *managers: str) -> dict[str, Any]:
    labels = {f"{FLUX}/name": above, f"{FLUX}/namespace": "flux-system"}
    fields = [
        {"manager": manager, "fieldsV1": {"f:spec": {"f:suspend": {}}}} for manager in managers
    ]
    return {
        "kind": "Kustomization",
        "metadata": {"name": name, "labels": labels, "managedFields": fields},
        "spec": {"suspend": False},
    }


@pytest.mark.parametrize(("managers", "found"), [
    ((), ["web"]), (("flux",), ["web"]), (("kustomize-controller",), ["web", "root"]), (("flux", "kubectl-patch"), ["web", "root"]),
])  # fmt: skip
def test_who_declares_the_suspension_of_a_child_is_an_owner_too(
    monkeypatch: pytest.MonkeyPatch, managers: tuple[str, ...], found: list[str]
) -> None:
    meta = {"labels": {f"{FLUX}/name": "web", f"{FLUX}/namespace": "flux-system"}}
    links = chain(
        monkeypatch,
        meta,
        kustomization("web", "root", *managers),
        kustomization("root", "root", "kustomize-controller"),
    )
    assert [link.owner.name for link in links] == found
    assert [row["name"] for row in suspend.to_do(links)] == found[::-1]


@pytest.mark.parametrize(
    ("spaces", "suspended"),
    [
        (["gitops"], ["gitops"]),
        (["gitops", "other"], []),
        ([], []),
        (["gitops", "other", "here"], ["here"]),
    ],
)
def test_an_application_outside_the_usual_namespace_is_found_where_it_can_only_be_that_one(
    monkeypatch: pytest.MonkeyPatch, spaces: list[str], suspended: list[str]
) -> None:
    goes = {"here": {"destination": {"namespace": "shop"}}}
    items = [
        {
            "metadata": {"name": "web", "namespace": one, **_WORN},
            "spec": {"syncPolicy": {"automated": {}}, **goes.get(one, {})},
        }
        for one in spaces
    ]
    listed = {"metadata": {"name": "applications"}, "items": items}
    links = chain(monkeypatch, _WORN, listed)
    assert [row["namespace"] for row in suspend.to_do(links)] == suspended
    assert len(links) == 1, "an application that keeps itself is one owner"


def application(set_spec: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    reference = [{"kind": "ApplicationSet", "name": "all", "apiVersion": "argoproj.io/v1alpha1"}]
    child = {
        "kind": "Application",
        "metadata": {"name": "web", "ownerReferences": reference},
        "spec": {"syncPolicy": {"automated": {}}},
    }
    return child, {"kind": "ApplicationSet", "metadata": {"name": "all"}, "spec": set_spec}


@pytest.mark.parametrize(("set_spec", "told"), [
    ({}, [False, False]),
    ({"syncPolicy": {"applicationsSync": "create-update"}}, [False, False]),
    ({"syncPolicy": {"applicationsSync": "create-only"}}, [False, True]),
    ({"ignoreApplicationDifferences": [{"jsonPointers": ["/spec/syncPolicy"]}]}, [False]),
    ({"ignoreApplicationDifferences": [{"name": "web", "jqPathExpressions": [".spec.syncPolicy.automated"]}]}, [False]),
    ({"ignoreApplicationDifferences": [{"name": "other", "jsonPointers": ["/spec/syncPolicy"]}]}, [False, False]),
    ({"ignoreApplicationDifferences": [{"jsonPointers": ["/spec/source"]}]}, [False, False]),
])  # fmt: skip
def test_an_applicationset_is_an_owner_unless_it_leaves_the_sync_to_others(
    monkeypatch: pytest.MonkeyPatch, set_spec: dict[str, Any], told: list[bool]
) -> None:
    links = chain(monkeypatch, _WORN, *application(set_spec))
    assert [link.suspended for link in links] == told
    assert [row["name"] for row in suspend.to_do(links)] == ["web"], (
        "of a set only a person changes the policy"
    )


@pytest.mark.parametrize(("status", "busy"), [
    (None, False),
    ({"operationState": {"phase": "Running"}}, True),
    ({"operationState": {"phase": "Succeeded"}, "conditions": [{"type": "OrphanedResourceWarning"}]}, False),
    ({"conditions": [{"type": "Ready", "status": "Unknown"}, {"type": "Reconciling", "status": "True"}]}, True),
    ({"conditions": [{"type": "Reconciling", "status": "False"}]}, False),
])  # fmt: skip
def test_an_owner_that_brings_something_out_right_now_is_busy(
    monkeypatch: pytest.MonkeyPatch, status: dict[str, Any] | None, busy: bool
) -> None:
    child, _ = application({})
    (link, *_) = chain(monkeypatch, _WORN, child | {"status": status})
    assert link.busy is busy
