"""A quota: what can never finish under it blocks, what has to wait is a warning."""

from __future__ import annotations

from typing import Any

import pytest
from cluster_moves import SHOP, deployment, revision
from msgspec.structs import replace

from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.preflight import quota as quotas


def quota(hard: dict[str, str], used: dict[str, str], **spec: Any) -> list[Any]:
    raw = {"metadata": {"name": "few"}, "spec": spec, "status": {"hard": hard, "used": used}}
    return [{"items": [raw]}, None, None, None, None]


def rollout(
    replicas: int = 2,
    memory: tuple[str, str] = ("1Gi", "1Gi"),
    target_pods: int = 0,
    **strategy: Any,
) -> WorkloadChange:
    """From revision 2 to 1 of deployment/web, all of whose pods but `target_pods` are of 2."""
    workload = deployment()
    workload.raw["spec"] |= {"replicas": replicas, "strategy": {"rollingUpdate": strategy}}
    workload.raw["status"] = {"replicas": replicas, "updatedReplicas": replicas - target_pods}
    before, after = (replace(revision(number)) for number in (2, 1))
    for end, amount in ((before, memory[0]), (after, memory[1])):
        end.template["spec"]["containers"][0]["resources"] = {"requests": {"memory": amount}}
    after = replace(after, pods=target_pods, available=target_pods)
    return WorkloadChange(SHOP, workload, before, after)


def levels(change: WorkloadChange, answers: list[Any]) -> list[tuple[str, str]]:
    return [(row.level, row.code) for row in quotas.findings([change], answers)]


FULL = quota({"pods": "2"}, {"pods": "2"})


def test_a_full_quota_blocks_a_rollout_that_may_stop_no_pod_first() -> None:
    (finding,) = quotas.findings([rollout()], FULL)
    assert (finding.level, finding.code) == ("blocker", "quota-full")
    assert "pods: 2 of 2 used" in finding.message
    assert "kubectl -n shop scale deployment/web --replicas=1" in finding.fix


@pytest.mark.parametrize("change", [
    rollout(maxUnavailable=1),
    rollout(maxSurge=0, maxUnavailable=0),
    rollout(target_pods=2),
])  # fmt: skip
def test_a_rollout_that_stops_pods_first_or_starts_none_goes_on(change: WorkloadChange) -> None:
    assert ("blocker", "quota-full") not in levels(change, FULL)


def test_pods_of_a_third_revision_count_as_those_that_may_be_stopped() -> None:
    change = rollout(maxUnavailable=1)
    change.workload.raw["status"]["updatedReplicas"] = 1  # one pod is of neither side
    assert levels(change, FULL) == [("warning", "quota")]


@pytest.mark.parametrize("change", [rollout(replicas=4), rollout(maxUnavailable="50%")])
def test_a_quota_that_makes_a_rollout_wait_is_a_warning(change: WorkloadChange) -> None:
    pods = change.spec["replicas"]
    full = quota({"pods": str(pods)}, {"pods": str(pods)})
    assert levels(change, full) == [("warning", "quota")]


def test_amounts_count_in_any_spelling() -> None:
    used = quota({"requests.memory": "3Gi"}, {"requests.memory": "2048Mi"})
    assert levels(rollout(), used) == []
    assert levels(rollout(memory=("1Gi", "1025Mi")), used) == [("blocker", "quota-full")]


def test_pods_that_need_more_than_the_quota_has_never_all_start() -> None:
    used = quota({"requests.memory": "3Gi"}, {"requests.memory": "2Gi"})
    larger = rollout(memory=("1Gi", "2Gi"), maxUnavailable=1)
    assert levels(larger, used) == [("blocker", "quota-full")]


def test_a_quota_of_other_things_or_of_some_pods_blocks_nothing() -> None:
    assert levels(rollout(), quota({"services": "5"}, {"services": "5"})) == []
    some = quota({"pods": "2"}, {"pods": "2"}, scopes=["BestEffort"])
    assert levels(rollout(), some) == [("warning", "quota")]


@pytest.mark.parametrize(
    ("live", "after", "level", "text"),
    [
        (5, None, "note", "deployment/web is scaled by grow: the number of pods does not change"),
        (5, 2, "warning", "holds 5 pods now: the rollback sets 2, until the autoscaler changes"),
        (2, 5, "note", "holds 2 pods now: the rollback sets 5"),
    ],
)
def test_what_becomes_of_the_number_that_an_autoscaler_holds(
    live: int, after: int | None, level: str, text: str
) -> None:
    """A rollback of a template leaves it; a manifest that names a number sets it."""
    change = rollout(live)
    if after is not None:
        change = replace(change, new_spec={**change.workload.raw["spec"], "replicas": after})
    about = {"kind": "Deployment", "name": "web"}
    scaler = {"metadata": {"name": "grow"}, "spec": {"scaleTargetRef": about}}
    (found,) = quotas.findings([change], [None, None, {"items": [scaler]}, None, None])
    assert (found.level, found.code) == (level, "autoscaler")
    assert text in found.message


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"default": {"cpu": "100m"}}, "quota-full"),
        ({"defaultRequest": {"cpu": "100m"}, "default": {"cpu": "1"}}, "quota-full"),
        ({"max": {"cpu": "1"}}, ""),
    ],
)
def test_a_container_without_requests_has_those_of_the_limit_range(limits: Any, code: str) -> None:
    answers = quota({"requests.cpu": "200m"}, {"requests.cpu": "200m"})
    answers[1] = {"items": [{"spec": {"limits": [{"type": "Container", **limits}]}}]}
    change = rollout(maxSurge=1, maxUnavailable=0)
    assert [name for _, name in levels(change, answers)] == ([code] if code else [])
