"""What pods report: whether they run the image of the template, and why they are not ready."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from rollback.errors import RollbackError
from rollback.platforms._cluster.content import images, repository
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import ask_all, find, raw
from rollback.platforms._cluster.revisions import is_ready
from rollback.platforms._cluster.workloads import Workload
from rollback.shell import Shell, last_line
from rollback.text import clean

Pod = Mapping[str, Any]


def other_image(workload: Workload, pods: Sequence[Pod]) -> str:
    """Report a ready pod whose digest differs from the template's or from another pod's.

    Empty when there is none.
    """
    template, digests = images(workload.template), dict[str, str]()
    for name, container, digest in _running(pods):
        expected = _digest(template.get(container, ""))
        if expected and expected != digest:
            runs = f"{name} runs {digest[:19]} as {container}"
            return f"{runs}, but the template names {expected[:19]}"
        first = digests.setdefault(container, digest)
        if first != digest:
            images_run = f"{container} ({first[:19]} and {digest[:19]})"
            return f"pods of one revision run different images as {images_run}: its tag was moved"
    return ""


def digests(pods: Sequence[Pod]) -> dict[str, str]:
    """Return container -> what its pods run; nothing of a container where they disagree.

    An image by its repository and digest; one that was never pulled by its configuration's digest.
    """
    found: dict[str, set[str]] = {}
    for pod in pods:
        for container, _, image in ran(pod):
            found.setdefault(container, set()).add(image)
    return {container: images.pop() for container, images in found.items() if len(images) == 1}


def ran(pod: Pod) -> Iterator[tuple[str, str, str]]:
    """Yield container, the image that the pod asks for, and what it runs.

    A node names any repository that it knows for the bytes, such as a mirror: what was asked for
    is where they come from.
    """
    asked = images(pod)
    for container in (pod.get("status") or {}).get("containerStatuses") or ():
        wanted = asked.get(container["name"], "")
        if image := (container.get("imageID") or "").rpartition("//")[2]:
            digest = _digest(image)
            same = f"{repository(wanted)}@{digest}" if digest and repository(wanted) else image
            yield container["name"], wanted, same


def last_message(shell: Shell, location: Location, pods: Sequence[Pod]) -> str:
    """Return the last log line and the last warning of the first pod that is not ready.

    Empty when it has none, or they may not be read.
    """
    pod = next((pod for pod in pods if not is_ready(pod)), None)
    if pod is None:
        return ""
    name = pod["metadata"]["name"]
    warning = _last_warning(shell, location, name)
    return "; ".join([*_log(shell, location, pod), *warning])


def _running(pods: Sequence[Pod]) -> Iterator[tuple[str, str, str]]:
    """Yield pod, container and digest; an image that was never pulled has no digest."""
    for pod in filter(is_ready, pods):
        for container in (pod.get("status") or {}).get("containerStatuses") or ():
            if digest := _digest(container.get("imageID") or ""):
                yield pod["metadata"]["name"], container["name"], digest


def _digest(image: str) -> str:
    return image.rpartition("@")[2] if "@" in image else ""


def _last_warning(shell: Shell, location: Location, pod: str) -> list[str]:
    about = quote(f"involvedObject.name={pod},type=Warning")
    path = f"/api/v1/namespaces/{location.namespace}/events?fieldSelector={about}"
    (events,) = find(shell, location, path)
    warnings = sorted((events or {}).get("items") or (), key=_time)
    # the state of the container already reports a back-off
    if not warnings or warnings[-1].get("reason") == "BackOff":
        return []
    message = (warnings[-1].get("message") or "").removeprefix("Readiness probe failed: ")
    return [clean(message, 120)]


def _time(event: Mapping[str, Any]) -> str:
    return event.get("lastTimestamp") or event.get("eventTime") or ""


def _log(shell: Shell, location: Location, pod: Pod) -> list[str]:
    for container in (pod.get("status") or {}).get("containerStatuses") or ():
        if container.get("ready"):
            continue
        command = raw(location, _log_path(location, pod, container))
        (answer,) = ask_all(shell, location, [command])
        if isinstance(answer, RollbackError) or answer.status:
            continue
        if answer.stdout.strip():
            return [f"last log line: {clean(last_line(answer.stdout), 120)}"]
    return []


def _log_path(location: Location, pod: Pod, container: Mapping[str, Any]) -> str:
    base = f"/api/v1/namespaces/{location.namespace}/pods/{pod['metadata']['name']}"
    restarted = "waiting" in (container.get("state") or {}) and container.get("restartCount")
    previous = "&previous=true" if restarted else ""
    return f"{base}/log?tailLines=1&container={container['name']}{previous}"
