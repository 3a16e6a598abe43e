"""A plan says what restore.sh would delete, and restore.sh deletes nothing irreplaceable."""

from __future__ import annotations

import pytest
from helm_records import comparison, kind, move, of_facts, revision

from rollback.commands import present
from rollback.model import Finding, HealthReport, Plan
from rollback.platforms import helm
from rollback.platforms.helm.details import Facts
from rollback.platforms.helm.preflight import deletions
from rollback.platforms.helm.preflight.comparison import compare

CONFIG, MORE, CLAIM = (
    kind("ConfigMap"),
    kind("ConfigMap", "more"),
    kind("PersistentVolumeClaim", "data"),
)
KEPT = kind(
    "PersistentVolumeClaim", "data", metadata={"annotations": {"helm.sh/resource-policy": "keep"}}
)


def reported(before: str, after: str) -> list[tuple[str, str]]:
    return [(one.level, one.code) for one in deletions.findings(comparison(before, after))]


def test_objects_that_the_undo_deletes_are_named() -> None:
    (one,) = deletions.findings(comparison(CONFIG, CONFIG + MORE))
    assert (one.level, one.code) == ("warning", "restore-deletes")
    assert "restore.sh will delete ConfigMap/more" in one.message


@pytest.mark.parametrize(
    "then",
    [
        CLAIM, kind("Namespace", "data"), kind("CustomResourceDefinition", "data", "apiextensions.k8s.io/v1"),
        kind("StatefulSet", "data", "apps/v1", spec={"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}),
    ],
)  # fmt: skip
def test_undo_that_would_delete_the_irreplaceable_is_left_out(then: str) -> None:
    assert reported(CONFIG, CONFIG + MORE + then) == [("warning", "no-way-back")]
    step, *_ = helm.steps([move(revision(2, CONFIG), revision(1, CONFIG + then))])
    assert (step.undo, step.irreversible) == (None, True)


@pytest.mark.parametrize("then", [KEPT, MORE])
def test_any_other_undo_is_possible(then: str) -> None:
    step = helm.steps([move(revision(2, CONFIG), revision(1, CONFIG + then))])[0]
    assert step.undo is not None and not step.irreversible


def test_rollback_stopped_by_a_hook_still_has_the_objects_of_the_revision_before() -> None:
    """Revision 3 holds the content of the target; Helm is told first that the objects are those of 2, and deletes from there."""
    stuck = revision(3, CONFIG, status="pending-rollback")
    made = of_facts(Facts(stuck, applied=revision(2, CONFIG + CLAIM)), revision(1, CONFIG))
    assert [one.code for one in deletions.findings(compare(made))] == ["destructive"]


def test_what_the_undo_deletes_is_repeated_when_a_restore_is_planned() -> None:
    found = (
        Finding("warning", "restore-deletes", "restore.sh will delete ConfigMap/more"),
        Finding("warning", "deletes", "Helm will delete Service/x"),
    )
    plan = Plan(
        "ready",
        "2026-01-01T00:00:00Z",
        "2026-01-01T01:00:00Z",
        "app",
        "staging",
        False,
        "/srv/shop",
        findings=found,
    )
    text = "\n".join(present.restore_lines(plan, "restore it", HealthReport("unknown")))
    assert "ConfigMap/more" in text and "Service/x" not in text
