"""A rollback gets as long as Helm itself may take, or it would be killed in a hook that runs again afterwards."""

from __future__ import annotations

import re
from typing import Any

import pytest
from helm_records import kind, move, named, of_facts, revision

from rollback.model import Step
from rollback.platforms import helm
from rollback.platforms.helm import timeouts
from rollback.platforms.helm.details import Facts

DEPLOYMENT = kind(
    "Deployment", version="apps/v1", spec={"progressDeadlineSeconds": 90, "template": {}}
)


def hook(*events: str) -> dict[str, Any]:
    return {"kind": "Job", "name": "migrate", "events": list(events)}


def first(
    current: tuple[Any, ...] = (), to: tuple[Any, ...] = (), status: str = "deployed", **facts: Any
) -> Step:
    live = Facts(revision(2, "# b\n", status=status, hooks=current), **facts)
    return helm.steps([of_facts(live, revision(1, DEPLOYMENT, hooks=to))])[0]


@pytest.mark.parametrize(
    ("events", "times"),
    [
        ((), 1),
        (("pre-upgrade",), 1),
        (("post-rollback",), 2),
        (("pre-rollback",), 3),
        (("pre-rollback", "post-rollback"), 4),
    ],
)
def test_each_hook_may_take_as_long_as_the_rollout(events: tuple[str, ...], times: int) -> None:
    step = first(to=(hook(*events),))
    (limit,) = map(int, re.findall(r"--timeout=(\d+)s", named(step.do)["options"]))
    assert step.deadline == step.do.timeout == limit * times + 60


def test_hooks_of_the_undo_count_too() -> None:
    assert first(current=(hook("pre-rollback"),)).deadline == 3 * 100 + 60


def test_skipped_hooks_take_no_time_but_freeing_a_stuck_release_does() -> None:
    hooks = (hook("pre-rollback"),)
    assert first(to=hooks, status="pending-rollback").deadline == 310 + 60
    assert (
        first(to=hooks, status="pending-rollback", applied=revision(1, "# c\n")).deadline
        == 310 + 60 + 60
    )


def test_deleting_what_helm_forgot_has_the_same_deadline() -> None:
    """Its undo is a rollback too."""
    made = move(
        revision(2, kind("ConfigMap")), revision(1, DEPLOYMENT, hooks=(hook("pre-rollback"),))
    )
    one, other, wait = helm.steps([made])
    assert other.deadline == one.deadline
    assert wait.deadline == timeouts.of_helm(revision(1, DEPLOYMENT, hooks=(hook("x"),)), "shop")
