"""Why pods do not become ready, in one line.

It names what they wait for, how they ended, or what their controller reports.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.platforms._cluster import on_delete
from rollback.platforms._cluster.rollout import lacks_updated
from rollback.platforms._cluster.workloads import Workload
from rollback.text import clean

# waiting reasons that pass by themselves; any other needs a person
_PASSING = {"ContainerCreating", "PodInitializing", ""}
# ...and those that waiting does not cure
_FINAL = {
    "CrashLoopBackOff",
    "ErrImagePull",  # tried again as often as ImagePullBackOff, which comes between two tries
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
}
Pods = Sequence[Mapping[str, Any]]


def reason(workload: Workload, pods: Pods) -> str:
    """Return the first explanation, empty when there is none."""
    reasons = (*_of_pods(pods), *_of_controller(workload))
    return clean(reasons[0], 160) if reasons else ""


def final(workload: Workload, pods: Pods) -> bool:
    """True when waiting longer makes no sense."""
    if on_delete.is_chosen(workload.raw["spec"]) and lacks_updated(workload):
        return True  # its controller replaces nothing
    waits = {
        _waiting(container).get("reason", "") for pod in pods for container in _containers(pod)
    }
    conditions = (workload.raw.get("status") or {}).get("conditions") or ()
    late = any(condition.get("reason") == "ProgressDeadlineExceeded" for condition in conditions)
    return late or bool(waits & _FINAL)


def _of_pods(pods: Pods) -> Iterator[str]:
    for pod in pods:
        yield from _waiting_containers(pod)
        yield from _ended_containers(pod)
        yield from _unscheduled(pod)
    for pod in pods:
        if any(
            _started(container) and not container.get("ready") for container in _containers(pod)
        ):
            yield f"{pod['metadata']['name']} is running but not ready: its readiness probe fails"


def _waiting_containers(pod: Mapping[str, Any]) -> Iterator[str]:
    for container in _containers(pod):
        waiting = _waiting(container)
        if waiting.get("reason", "") in _PASSING:
            continue
        # the message of a crash loop only says how long it waits
        crash = waiting["reason"] == "CrashLoopBackOff"
        message = "" if crash else waiting.get("message", "")
        text = f"{pod['metadata']['name']}: {waiting['reason']}{_last_exit(container)}: {message}"
        yield text.removesuffix(": ")


def _ended_containers(pod: Mapping[str, Any]) -> Iterator[str]:
    """Yield those that failed a moment ago: their crash loop waits only later."""
    for container in _containers(pod):
        ended = (container.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            killed = " (OOMKilled)" if ended.get("reason") == "OOMKilled" else ""
            name = f"{pod['metadata']['name']}: container {container.get('name', '')}"
            yield f"{name} ended with exit code {ended['exitCode']}{killed}"


def _last_exit(container: Mapping[str, Any]) -> str:
    ended = (container.get("lastState") or {}).get("terminated") or {}
    if "exitCode" not in ended:
        return ""
    killed = " (OOMKilled)" if ended.get("reason") == "OOMKilled" else ""
    return f", last exit code {ended['exitCode']}{killed}"


def _unscheduled(pod: Mapping[str, Any]) -> Iterator[str]:
    for state in (pod.get("status") or {}).get("conditions") or ():
        if state["type"] == "PodScheduled" and state["status"] == "False":
            yield f"{pod['metadata']['name']}: {state.get('reason')}: {state.get('message', '')}"


def _of_controller(workload: Workload) -> Iterator[str]:
    for state in (workload.raw.get("status") or {}).get("conditions") or ():
        if state["type"] == "ReplicaFailure" and state["status"] == "True":
            yield f"{state.get('reason')}: {state.get('message', '')}"


def _containers(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _waiting(container: Mapping[str, Any]) -> Mapping[str, Any]:
    return (container.get("state") or {}).get("waiting") or {}


def _started(container: Mapping[str, Any]) -> bool:
    return bool((container.get("state") or {}).get("running")) and bool(container.get("started"))
