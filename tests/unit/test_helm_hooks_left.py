"""Helm: objects of hooks that an earlier run left, on which a rollback would stop halfway."""

from __future__ import annotations

from typing import Any

import pytest
from helm_records import comparison, kind
from msgspec.structs import replace

from rollback.model import Finding
from rollback.platforms.helm.preflight import hooks_left
from rollback.shell import Answer

CONFIG = kind("ConfigMap")


class Cluster:
    """It holds the Job, or nothing."""

    def __init__(self, job: bool = True) -> None:
        self.job = job

    def ask_all(self, commands: Any) -> list[Answer]:
        return [Answer((0, "migrate <none> <none>\n" * self.job, "")) for _ in commands]


def hook(*policies: str, event: str = "pre-rollback") -> dict[str, Any]:
    return {
        "kind": "Job",
        "name": "migrate",
        "events": [event],
        "manifest": kind("Job", "migrate", "batch/v1"),
        "delete_policies": list(policies),
    }


def found(hook: dict[str, Any], job: bool = True, status: str = "deployed") -> list[Finding]:
    """The target has the hook, the live release has none."""
    compared = comparison(CONFIG, CONFIG, status)
    target = replace(compared.target, hooks=(hook,))
    return list(hooks_left.findings(replace(compared, target=target), Cluster(job)))  # type: ignore[arg-type]


@pytest.mark.parametrize("policies", [("hook-failed",), ("hook-succeeded",)])
def test_a_hook_that_exists_and_that_nothing_deletes_blocks(policies: tuple[str, ...]) -> None:
    (finding,) = found(hook(*policies))
    assert (finding.level, finding.code) == ("blocker", "in-the-way")
    assert (
        finding.fix
        == "kubectl --context test --namespace shop delete job.batch/migrate; then plan again"
    )
    assert "pending-rollback" in finding.message


@pytest.mark.parametrize("policies", [(), ("before-hook-creation",), ("hook-failed", "before-hook-creation")])  # fmt: skip
def test_a_hook_that_helm_deletes_first_is_not_in_the_way(policies: tuple[str, ...]) -> None:
    assert found(hook(*policies)) == []


def test_hooks_that_do_not_exist_run_in_a_deploy_or_are_skipped_are_not_in_the_way() -> None:
    assert found(hook("hook-failed"), job=False) == []
    assert found(hook("hook-failed", event="pre-upgrade")) == []
    assert found(hook("hook-failed"), status="pending-rollback") == []


@pytest.mark.parametrize(("policy", "stays"), [("hook-failed", True), ("hook-succeeded", False)])
def test_a_hook_that_this_run_leaves_in_the_way_of_its_restore_is_named(
    policy: str, stays: bool
) -> None:
    compared = comparison(CONFIG, CONFIG, hooks=(hook(policy),))
    target = replace(compared.target, hooks=(hook(policy),))
    reported = hooks_left.findings(replace(compared, target=target), Cluster(False))  # type: ignore[arg-type]
    assert [(one.level, one.code) for one in reported] == [("note", "hooks-restore")] * stays
