"""What the pods themselves tell: do they run the bytes that were asked for, and what were their last words?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from rollback.errors import RollbackError
from rollback.platforms.kubernetes.content import images
from rollback.platforms.kubernetes.kubectl import ask_all, find, raw
from rollback.platforms.kubernetes.revisions import is_ready
from rollback.platforms.kubernetes.workloads import Workload
from rollback.shell import Shell, last_line
from rollback.text import clean


def other_bytes(workload: Workload, pods: Sequence[Mapping[str, Any]]) -> str:
    """Says where a ready pod runs another digest than the template names, or than the next pod; empty when none does."""
    wanted, seen = images(workload.template), dict[str, str]()
    for name, container, digest in _digests(pods):
        asked = (
            wanted.get(container, "").rpartition("@")[2] if "@" in wanted.get(container, "") else ""
        )
        if asked and asked != digest:
            return f"{name} runs {digest[:19]} as {container}, the template names {asked[:19]}"
        if seen.setdefault(container, digest) != digest:
            return f"pods of one revision run different images as {container} ({seen[container][:19]} and {digest[:19]}): its tag was moved"
    return ""


def _digests(pods: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Pod, container and digest of what runs. An image that was never pulled has no digest to compare."""
    for pod in filter(is_ready, pods):
        for one in (pod.get("status") or {}).get("containerStatuses") or ():
            digest = (
                (one.get("imageID") or "").rpartition("@")[2]
                if "@" in (one.get("imageID") or "")
                else ""
            )
            if digest:
                yield pod["metadata"]["name"], one["name"], digest


def last_words(shell: Shell, where: Mapping[str, Any], pods: Sequence[Mapping[str, Any]]) -> str:
    """Of the first pod that is not ready: the last line of its log and its last warning; empty when it has none, or they may not be read."""
    pod = next((one for one in pods if not is_ready(one)), None)
    if pod is None:
        return ""
    name, base = pod["metadata"]["name"], f"/api/v1/namespaces/{where['namespace']}"
    about = quote(f"involvedObject.name={name},type=Warning")
    (events,) = find(shell, where, f"{base}/events?fieldSelector={about}")
    warnings = sorted(
        (events or {}).get("items") or (),
        key=lambda one: one.get("lastTimestamp") or one.get("eventTime") or "",
    )
    told = (
        [] if not warnings or warnings[-1].get("reason") == "BackOff" else [_message(warnings[-1])]
    )  # of a back-off the state tells
    return "; ".join([*_log(shell, where, f"{base}/pods/{name}/log?tailLines=1", pod), *told])


def _message(event: Mapping[str, Any]) -> str:
    return clean((event.get("message") or "").removeprefix("Readiness probe failed: "), 120)


def _log(shell: Shell, where: Mapping[str, Any], path: str, pod: Mapping[str, Any]) -> list[str]:
    for one in (pod.get("status") or {}).get("containerStatuses") or ():
        if one.get("ready"):
            continue
        before = (
            "&previous=true"
            if "waiting" in (one.get("state") or {}) and one.get("restartCount")
            else ""
        )
        (answer,) = ask_all(shell, where, [raw(where, f"{path}&container={one['name']}{before}")])
        if not isinstance(answer, RollbackError) and answer.status == 0 and answer.stdout.strip():
            return [f"its log ends: {clean(last_line(answer.stdout), 120)}"]
    return []
