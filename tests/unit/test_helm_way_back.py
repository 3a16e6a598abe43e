"""What restore.sh would delete is said in the plan, and what nobody gets back is not deleted by it."""

from __future__ import annotations

import pytest
from helm_records import ends, kind, move, revision

from rollback.commands import present
from rollback.model import Finding, Move, Plan, Release
from rollback.platforms.helm import change
from rollback.platforms.helm.preflight import difference
from rollback.platforms.helm.preflight.pair import pair

CONFIG, MORE, CLAIM = (
    kind("ConfigMap"),
    kind("ConfigMap", "more"),
    kind("PersistentVolumeClaim", "data"),
)
KEPT = kind(
    "PersistentVolumeClaim", "data", metadata={"annotations": {"helm.sh/resource-policy": "keep"}}
)


def told(now: str, then: str) -> list[tuple[str, str]]:
    return [(one.level, one.code) for one in difference.findings(ends(now, then))]


def test_what_the_rollback_brings_and_its_way_back_takes_is_named() -> None:
    (one,) = difference.findings(ends(CONFIG, CONFIG + MORE))
    assert (one.level, one.code) == ("warning", "restore-deletes")
    assert "restore.sh deletes: ConfigMap/more" in one.message


@pytest.mark.parametrize(
    "then",
    [
        CLAIM, kind("Namespace", "data"), kind("CustomResourceDefinition", "data", "apiextensions.k8s.io/v1"),
        kind("StatefulSet", "data", "apps/v1", spec={"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}),
    ],
)  # fmt: skip
def test_a_way_back_that_would_take_what_nobody_gets_back_is_left_out(then: str) -> None:
    assert told(CONFIG, CONFIG + MORE + then) == [("warning", "no-way-back")]
    (step,) = change.steps([move(revision(2, CONFIG), revision(1, CONFIG + then))])
    assert (step.undo, step.irreversible) == (None, True)


@pytest.mark.parametrize("then", [KEPT, MORE])
def test_any_other_way_back_is_open(then: str) -> None:
    step = change.steps([move(revision(2, CONFIG), revision(1, CONFIG + then))])[0]
    assert step.undo is not None and not step.irreversible


def test_a_rollback_that_a_hook_stopped_still_has_the_objects_of_the_revision_before() -> None:
    """Revision 3 holds the content of the target; Helm is told first that the objects are those of 2, and deletes from there."""
    made = move(revision(3, CONFIG, status="pending-rollback"), revision(1, CONFIG))
    live = Release("3", facts={**made.current.facts, "were": revision(2, CONFIG + CLAIM)})
    assert [one.code for one in difference.findings(pair(Move(made.target, live, made.to)))] == [
        "destructive"
    ]


def test_it_is_said_where_the_way_back_is_asked_for() -> None:
    found = (
        Finding("warning", "restore-deletes", "restore.sh deletes: ConfigMap/more"),
        Finding("warning", "deletes", "Helm deletes: Service/x"),
    )
    plan = Plan(
        "ready",
        "2026-01-01T00:00:00Z",
        "2026-01-01T01:00:00Z",
        "app",
        "staging",
        False,
        "/srv/shop",
        "helm",
        findings=found,
    )
    text = "\n".join(present.restore_lines(plan, "run", "restore it"))
    assert "ConfigMap/more" in text and "Service/x" not in text
