"""Workloads with OnDelete in a chart: their pods are deleted by steps of the plan."""

from __future__ import annotations

from typing import Any

import pytest
from helm_records import kind, of_facts, revision

from rollback.model import Move
from rollback.platforms import helm
from rollback.platforms._cluster.workloads import Workload
from rollback.platforms.helm import on_delete
from rollback.platforms.helm.details import Facts

ON_DELETE = {"type": "OnDelete"}


def stateful(image: str, **spec: Any) -> str:
    pods = {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"image": image}]}}
    whole = {"selector": {"matchLabels": {"app": "db"}}, "template": pods, **spec}
    return kind("StatefulSet", "db", "apps/v1", spec=whole)


def live(pods: int = 3, **spec: Any) -> Workload:
    raw = {
        "metadata": {"name": "db", "uid": "uid-db"},
        "spec": {
            "selector": {"matchLabels": {"app": "db"}},
            "template": {},
            "replicas": pods,
            **spec,
        },
    }
    return Workload("statefulset", raw)


def moved(before: str, after: str, running: Workload | None, status: str = "deployed") -> Move:
    workloads = {"shop/statefulset.apps/db": running} if running else {}
    return of_facts(
        Facts(revision(2, before, status=status), workloads=workloads), revision(1, after)
    )


def count(move: Move) -> list[int]:
    return [pods.count for pods in on_delete.replaced(move)]


V1, V2 = (stateful(image, updateStrategy=ON_DELETE) for image in ("v1", "v2"))


@pytest.mark.parametrize(
    ("move", "counts"),
    [
        (moved(V2, V1, live()), [3]),
        (moved(V1, V1, live()), []),
        (moved(V1, V1, live(), "failed"), [3]),
        (moved(V2, V1, None), []),
        (moved(V2, V1, live(0)), []),
        (moved(V2, stateful("v1"), live(updateStrategy=ON_DELETE)), []),
        (moved(stateful("v2"), V1, live()), [3]),
        (moved(stateful("v2"), stateful("v1"), live(updateStrategy=ON_DELETE)), [3]),
    ],
    ids=["changed", "same pods", "left by a failed upgrade", "gone", "scaled to zero", "no longer OnDelete",
         "OnDelete again", "only the live one says so"],
)  # fmt: skip
def test_pods_are_deleted_where_nothing_else_replaces_them(move: Move, counts: list[int]) -> None:
    assert count(move) == counts


def test_the_step_follows_the_rollback_and_its_undo_comes_last() -> None:
    steps = helm.steps([moved(V2, V1, live())])
    assert [step.id.rpartition("web.")[2] for step in steps][-1] == "replace-pods.statefulset-db"
    deletion = steps[-1]
    assert deletion.undo is not None and deletion.undo.last
    assert deletion.undo.do.argv == deletion.do.argv
    assert deletion.do.argv[-3:] == ("statefulset", "db", "app=db")
    assert deletion.deadline > 3 * 90
