"""Warning events that speak against a revision."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rollback.text import clean

# `Unhealthy` alone marks nothing: good pods leave "connection refused" while they are killed; a status code, repeated, is the application's answer
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
    """Messages by pod, and by ReplicaSet, so that pods that are gone count too."""
    found: dict[str, list[str]] = {}
    for event in events:
        about = event.get("involvedObject") or {}
        if about.get("kind") == "Pod" and _is_failure(event):
            pod = about.get("name", "")
            message = f"{event['reason']}: {clean(event.get('message') or '', 100)}"
            # pods of a ReplicaSet are called <replicaset>-<5 letters>
            for name in (pod, pod.rpartition("-")[0]):
                found.setdefault(name, []).append(message)
    return found


def _is_failure(event: Mapping[str, Any]) -> bool:
    if event.get("reason") in _BAD:
        return True
    count = event.get("count") or (event.get("series") or {}).get("count") or 1
    return count >= _OFTEN and bool(_ANSWERED.search(event.get("message") or ""))
