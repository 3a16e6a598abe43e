"""How long a rollback is given: no less than Helm itself may take, or it would be killed in a hook that runs again afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from helm_records import kind, move, revision

from rollback.model import Move, Release, Step
from rollback.platforms.helm import change

DEPLOYMENT = kind(
    "Deployment", version="apps/v1", spec={"progressDeadlineSeconds": 90, "template": {}}
)


def hook(*events: str) -> dict[str, Any]:
    return {"kind": "Job", "name": "migrate", "events": list(events)}


def first(
    current: tuple[Any, ...] = (), to: tuple[Any, ...] = (), status: str = "deployed", **facts: Any
) -> Step:
    made = move(
        revision(2, "# b\n", status=status, hooks=current), revision(1, DEPLOYMENT, hooks=to)
    )
    live = Release("2", facts={**made.current.facts, **facts})
    return change.steps([Move(made.target, live, made.to)])[0]


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
    (limit,) = (
        int(word.partition("=")[2][:-1]) for word in step.do.argv if word.startswith("--timeout=")
    )
    assert step.deadline == step.do.timeout == limit * times + 60


def test_the_hooks_of_the_way_back_count_too() -> None:
    assert first(current=(hook("pre-rollback"),)).deadline == 3 * 100 + 60


def test_hooks_that_are_left_out_take_no_time_and_freeing_a_stuck_release_does() -> None:
    hooks = (hook("pre-rollback"),)
    assert first(to=hooks, status="pending-rollback").deadline == 310 + 60
    assert (
        first(to=hooks, status="pending-rollback", were=revision(1, "# c\n")).deadline
        == 310 + 60 + 60
    )


def test_what_helm_forgot_is_taken_back_in_the_same_time() -> None:
    """Its way back is a rollback, too."""
    made = move(
        revision(2, kind("ConfigMap")), revision(1, DEPLOYMENT, hooks=(hook("pre-rollback"),))
    )
    one, other = change.steps([made])
    assert other.deadline == one.deadline
