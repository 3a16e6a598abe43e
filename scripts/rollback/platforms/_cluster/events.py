"""Warning events that speak against a revision."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rollback.text import clean

# `Unhealthy` alone proves nothing: good pods refuse connections while they are killed.
# A repeated status code is the answer of the application.
_BAD = {
    "BackOff",
    "Failed",
    "CrashLoopBackOff",
    "FailedCreatePodContainer",
    "InspectFailed",
    "ErrImageNeverPull",
}
_ANSWERED = re.compile(r"probe failed with statuscode: [45]\d\d")
_OFTEN = 3


def failures(events: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return messages by pod and by ReplicaSet, so that deleted pods count, too."""
    messages: dict[str, list[str]] = {}
    for event in events:
        about = event.get("involvedObject") or {}
        if about.get("kind") == "Pod" and _is_failure(event):
            pod = about.get("name", "")
            message = f"{event['reason']}: {clean(event.get('message') or '', 100)}"
            # pods of a ReplicaSet are called <replicaset>-<5 letters>
            for name in (pod, pod.rpartition("-")[0]):
                messages.setdefault(name, []).append(message)
    return messages


def _is_failure(event: Mapping[str, Any]) -> bool:
    if event.get("reason") in _BAD:
        return True
    count = event.get("count") or (event.get("series") or {}).get("count") or 1
    return count >= _OFTEN and bool(_ANSWERED.search(event.get("message") or ""))
