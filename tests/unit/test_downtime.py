"""A gap in service is told where it is sure to come, with the workload and the reason, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from helm_records import ends, kind

from rollback.platforms.helm.manifest import objects
from rollback.platforms.helm.preflight import downtime as of_helm
from rollback.platforms.kubernetes import downtime
from rollback.platforms.kubernetes.workloads import Workload

READY = {"readyReplicas": 1, "desiredNumberScheduled": 1, "numberReady": 1}


def workload(of: str, spec: dict[str, Any], **status: int) -> Workload:
    return Workload(of, {"metadata": {"name": "web"}, "spec": spec, "status": {**READY, **status}})


def rolling(field: str = "strategy", **limits: Any) -> dict[str, Any]:
    return {field: {"type": "RollingUpdate", "rollingUpdate": limits}}


@pytest.mark.parametrize(
    ("of", "spec", "status", "why"),
    [
        ("deployment", {"replicas": 5, "strategy": {"type": "Recreate"}}, {}, "strategy Recreate"),
        ("deployment", {"replicas": 4, **rolling(maxUnavailable="100%", maxSurge="25%")}, {}, "maxUnavailable 100% lets all"),
        ("deployment", {"replicas": 2, **rolling(maxUnavailable=2, maxSurge=0)}, {}, "maxUnavailable 2 lets all"),
        ("deployment", {"replicas": 1, **rolling(maxUnavailable=1, maxSurge=1)}, {}, "its only pod ends"),
        ("deployment", {"replicas": 1, **rolling(maxUnavailable="25%", maxSurge="0%")}, {}, "its only pod ends"),
        ("statefulset", {"replicas": 1, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}}, {}, "its only pod ends"),
        ("statefulset", {"updateStrategy": {"type": "OnDelete"}}, {}, "with OnDelete its only pod"),
        ("statefulset", {"replicas": 3, **rolling("updateStrategy", maxUnavailable="100%")}, {}, "maxUnavailable 100% lets all"),
        ("daemonset", {"updateStrategy": {"type": "RollingUpdate"}}, {}, "its only pod ends"),
        ("daemonset", rolling("updateStrategy", maxUnavailable="60%"), {"desiredNumberScheduled": 2}, "maxUnavailable 60% lets all"),
        ("daemonset", {"updateStrategy": {"type": "OnDelete"}}, {}, "with OnDelete"),
    ],
)  # fmt: skip
def test_a_gap_is_told_with_its_reason(
    of: str, spec: dict[str, Any], status: dict[str, int], why: str
) -> None:
    (told,) = downtime.findings([workload(of, spec, **status)])
    assert (told.level, told.code) == ("warning", "downtime")
    assert told.message.startswith(f"{of}/web: ") and why in told.message


@pytest.mark.parametrize(
    ("of", "spec", "status"),
    [
        ("deployment", {"replicas": 1}, {}), ("deployment", {"replicas": 1, **rolling(maxUnavailable="25%", maxSurge="25%")}, {}),
        ("deployment", {"replicas": 2, **rolling(maxUnavailable=1, maxSurge=0)}, {}),
        ("deployment", {"replicas": 0, "strategy": {"type": "Recreate"}}, {}),
        ("deployment", {"replicas": 2, "strategy": {"type": "Recreate"}}, {"readyReplicas": 0}),
        ("statefulset", {"replicas": 2}, {}), ("statefulset", {"replicas": 1, **rolling("updateStrategy", partition=1)}, {}),
        ("statefulset", {"replicas": 2, "updateStrategy": {"type": "OnDelete"}}, {}), ("statefulset", {"replicas": 1}, {"readyReplicas": 0}),
        ("daemonset", {}, {"desiredNumberScheduled": 2}), ("daemonset", rolling("updateStrategy", maxSurge=1, maxUnavailable=0), {}),
        ("daemonset", {}, {"numberReady": 0}), ("daemonset", {}, {"desiredNumberScheduled": 0}),
    ],
)  # fmt: skip
def test_where_some_pod_serves_all_the_time_or_none_serves_now_nothing_is_told(
    of: str, spec: dict[str, Any], status: dict[str, int]
) -> None:
    assert downtime.findings([workload(of, spec, **status)]) == []


def test_many_of_one_reason_are_one_line() -> None:
    (told,) = downtime.findings([workload("deployment", {"strategy": {"type": "Recreate"}})] * 100)
    assert "and 97 more: strategy Recreate" in told.message


def web(image: str, **spec: Any) -> str:
    return kind(
        "Deployment",
        "web",
        "apps/v1",
        spec={"template": {"spec": {"containers": [{"name": "web", "image": image}]}}, **spec},
    )


RECREATE = {"type": "Recreate"}
DEFAULTS = rolling(maxUnavailable="25%", maxSurge="25%")


def told(now: str, then: str, there: str) -> list[str]:
    live = {key: {**one, "status": READY} for key, one in objects(there, "shop").items()}
    return [one.message for one in of_helm.findings(ends(now, then), live)]


@pytest.mark.parametrize(
    ("now", "then", "there"),
    [
        (web("a", strategy=RECREATE), web("b", strategy=RECREATE), web("a", strategy=RECREATE)),
        (web("a"), web("b", strategy=RECREATE), web("a", **DEFAULTS)),
        (web("a"), web("b"), web("a", strategy=RECREATE)),
        (web("a"), web("a", strategy=RECREATE), web("by hand", **DEFAULTS)),
    ],
    ids=[
        "always",
        "only in the target",
        "set by hand and left alone",
        "a template that was changed by hand",
    ],
)
def test_of_a_helm_release_the_strategy_counts_that_the_target_will_have(
    now: str, then: str, there: str
) -> None:
    assert told(now, then, there) == [
        "deployment/web: strategy Recreate ends all pods before new ones start"
    ]


@pytest.mark.parametrize(
    ("now", "then", "there"),
    [
        (web("a", strategy=RECREATE), web("b"), web("a", strategy=RECREATE)), (web("a", strategy=RECREATE), web("a", strategy=RECREATE), web("a")),
        (web("a"), kind("ConfigMap"), web("a")), (kind("ConfigMap"), web("b", strategy=RECREATE), ""),
    ],
    ids=["only in what is left", "its pods stay", "it goes for good", "it was not there"],
)  # fmt: skip
def test_of_a_helm_release_whose_pods_go_on_serving_nothing_is_told(
    now: str, then: str, there: str
) -> None:
    assert told(now, then, there) == []
