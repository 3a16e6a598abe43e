"""A program in the release that is left: a plan reads in a pod of it, a step has one of its own.

When a step runs, the pods of that release may be gone. The pod of a step has its template, without
labels (no Service finds it), probes, init containers (they may migrate forward) and sidecars. The
claims of a StatefulSet's own pods are in use: the pod has empty folders in their place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any
from urllib.parse import quote

import msgspec

from rollback.model import Command, Inside
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import VARIABLES, find, kubectl
from rollback.platforms._cluster.revisions import is_ready
from rollback.platforms._cluster.workloads import Workload
from rollback.shell import Shell

_SECONDS = 900  # a pod that a killed run left ends by itself
_DEFAULT = "kubectl.kubernetes.io/default-container"
_SERVES = ("args", "lifecycle", "livenessProbe", "ports", "readinessProbe", "startupProbe")
Pod = Mapping[str, Any]


def pods(location: Location, labels: Mapping[str, str], shell: Shell) -> list[Pod]:
    """Return the pods with these labels; none where they may not be read."""
    selector = quote(",".join(f"{name}={value}" for name, value in labels.items()))
    path = f"/api/v1/namespaces/{location.namespace}/pods?labelSelector={selector}"
    (found,) = find(shell, location, path)
    return list(found["items"]) if found else []


def inside(
    location: Location, workload: Workload, running: Sequence[Pod], argv: Sequence[str]
) -> Inside | None:
    """Return how a program is run there; None where no container of the release runs."""
    container = _container(workload.template)
    pod = next((pod for pod in _ready_first(running) if _runs(pod, container["name"])), None)
    if pod is None:
        return None
    read = kubectl(
        location, "exec", "-i", pod["metadata"]["name"], "-c", container["name"], "--", *argv
    )
    name = f"{workload.name[:40]}-rollback-tool"
    words = ("in_pod", location.context, location.namespace, name, container["name"], *argv)
    script = Command(words, variables=VARIABLES)
    gone = ("pod_gone", location.context, location.namespace, name)
    return Inside(
        script,
        read,
        location=f"{workload.kind}/{workload.name}",
        payload=_manifest(workload.template, container, name),
        ended=Command(gone, 60, VARIABLES),
    )


def _container(template: Mapping[str, Any]) -> dict[str, Any]:
    annotations = (template.get("metadata") or {}).get("annotations") or {}
    containers: list[dict[str, Any]] = template["spec"]["containers"]
    named = [each for each in containers if each["name"] == annotations.get(_DEFAULT)]
    return (named or containers)[0]


def _ready_first(running: Sequence[Pod]) -> list[Pod]:
    return sorted(running, key=lambda pod: not is_ready(pod))


def _runs(pod: Pod, container: str) -> bool:
    """Whether the container runs; one that fails its readiness is good enough for a tool."""
    if pod["metadata"].get("deletionTimestamp"):
        return False
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return any(
        status["name"] == container and "running" in (status.get("state") or {})
        for status in statuses
    )


def _manifest(template: Mapping[str, Any], container: Mapping[str, Any], name: str) -> bytes:
    spec = deepcopy(dict(template["spec"]))
    tool = {key: value for key, value in container.items() if key not in _SERVES}
    tool["command"] = ["sh", "-c", f"exec sleep {_SECONDS}"]
    proxies = [each for each in spec.pop("initContainers", None) or () if each.get("restartPolicy")]
    spec |= {
        "containers": [tool],
        "restartPolicy": "Never",
        "activeDeadlineSeconds": _SECONDS,
        "terminationGracePeriodSeconds": 0,
        **({"initContainers": proxies} if proxies else {}),
    }
    spec["volumes"] = [*(spec.get("volumes") or ()), *_claims(spec, [tool, *proxies])]
    made = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"


def _claims(spec: Mapping[str, Any], containers: Sequence[Mapping[str, Any]]) -> list[Pod]:
    """Return an empty folder for each volume that the template itself does not have."""
    known = {volume["name"] for volume in spec.get("volumes") or ()}
    mounts = [mount["name"] for each in containers for mount in each.get("volumeMounts") or ()]
    return [{"name": name, "emptyDir": {}} for name in sorted({*mounts} - known)]
