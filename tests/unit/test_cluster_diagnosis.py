"""What waiting does not cure."""

from __future__ import annotations

from typing import Any

import pytest
from cluster_moves import deployment

from rollback.platforms._cluster import diagnosis


def pod(reason: str, part: str = "containerStatuses") -> dict[str, Any]:
    return {"status": {part: [{"name": "web", "state": {"waiting": {"reason": reason}}}]}}


@pytest.mark.parametrize(
    ("reason", "final"),
    [("ErrImagePull", True), ("ImagePullBackOff", True), ("ErrImageNeverPull", True), ("CrashLoopBackOff", True),
     ("ContainerCreating", False), ("PodInitializing", False), ("", False)],
)  # fmt: skip
@pytest.mark.parametrize("part", ["containerStatuses", "initContainerStatuses"])
def test_a_pull_that_fails_is_final_between_two_tries_and_in_them(
    reason: str, final: bool, part: str
) -> None:
    assert diagnosis.final(deployment(), [pod(reason, part)]) is final


def test_a_container_that_failed_a_moment_ago_is_named_before_its_crash_loop_waits():
    ended = {"name": "migrate", "state": {"terminated": {"exitCode": 3, "reason": "Error"}}}
    failed = {"metadata": {"name": "shop-1"}, "status": {"initContainerStatuses": [ended]}}
    told = diagnosis.reason(deployment(), [failed])
    assert told == "shop-1: container migrate ended with exit code 3"
    ended["state"] = {"terminated": {"exitCode": 0, "reason": "Completed"}}
    assert diagnosis.reason(deployment(), [failed]) == ""
