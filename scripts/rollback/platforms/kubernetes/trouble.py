"""Why pods do not become ready, in one line: what they wait for, how they ended, what their controller says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.platforms.kubernetes.workloads import Workload
from rollback.text import clean

# waiting reasons that pass by themselves; any other is trouble
_PASSING = {"ContainerCreating", "PodInitializing", ""}
# ...and those that waiting does not cure
_FINAL = {
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
}


def reason(workload: Workload, pods: Sequence[Mapping[str, Any]]) -> str:
    """The first thing that explains it, empty when nothing does."""
    return next((clean(word, 160) for word in (*_of_pods(pods), *_of_controller(workload))), "")


def final(workload: Workload, pods: Sequence[Mapping[str, Any]]) -> bool:
    """True when waiting longer makes no sense."""
    if (workload.raw["spec"].get("updateStrategy") or {}).get("type") == "OnDelete":
        return True  # its controller replaces nothing
    waits = {_waiting(one).get("reason", "") for pod in pods for one in _containers(pod)}
    conditions = (workload.raw.get("status") or {}).get("conditions") or ()
    return bool(waits & _FINAL) or any(
        one.get("reason") == "ProgressDeadlineExceeded" for one in conditions
    )


def _of_pods(pods: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for pod in pods:
        name = pod["metadata"]["name"]
        for one in _containers(pod):
            waiting, ended = _waiting(one), (one.get("lastState") or {}).get("terminated") or {}
            if waiting.get("reason", "") not in _PASSING:
                killed = " (OOMKilled)" if ended.get("reason") == "OOMKilled" else ""
                code = (
                    f", last exit code {ended['exitCode']}{killed}" if "exitCode" in ended else ""
                )
                message = (
                    "" if waiting["reason"] == "CrashLoopBackOff" else waiting.get("message", "")
                )  # it only says how long it waits
                yield f"{name}: {waiting['reason']}{code}: {message}".removesuffix(": ")
        for condition in (pod.get("status") or {}).get("conditions") or ():
            if condition["type"] == "PodScheduled" and condition["status"] == "False":
                yield f"{name}: {condition.get('reason')}: {condition.get('message', '')}"
    unready = [
        pod["metadata"]["name"]
        for pod in pods
        if any(_started(one) and not one.get("ready") for one in _containers(pod))
    ]
    if unready:
        yield f"{unready[0]} runs but is not ready: its readiness probe fails"


def _of_controller(workload: Workload) -> Iterator[str]:
    for condition in (workload.raw.get("status") or {}).get("conditions") or ():
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            yield f"{condition.get('reason')}: {condition.get('message', '')}"


def _containers(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _waiting(container: Mapping[str, Any]) -> Mapping[str, Any]:
    return (container.get("state") or {}).get("waiting") or {}


def _started(container: Mapping[str, Any]) -> bool:
    return bool((container.get("state") or {}).get("running")) and bool(container.get("started"))
