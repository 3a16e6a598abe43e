"""A program in the release that is left: a plan reads in a pod of it, a step has one of its own.

When a step runs, the pods of that release may be gone, and those of a release that ends as soon as
it has started are of no use. The pod of a step has its template with the image that its pods have
run, without labels (no Service finds it), probes, init containers (they may migrate forward) and
sidecars. The claims of a StatefulSet's own pods are in use: empty folders take their place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any
from urllib.parse import quote

import msgspec

from rollback import clock
from rollback.model import Command, Inside
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import VARIABLES, find, kubectl
from rollback.platforms._cluster.pods import digests
from rollback.platforms._cluster.revisions import is_ready
from rollback.platforms._cluster.workloads import Workload
from rollback.shell import Shell

_SECONDS = 900  # a pod that a killed run left ends by itself
_DEFAULT = "kubectl.kubernetes.io/default-container"
_SERVES = ("args", "lifecycle", "livenessProbe", "ports", "readinessProbe", "startupProbe")
_STEADY = 60  # seconds that a container which was started again has to have run
_NEVER = (
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "CreateContainerConfigError",
)
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
    """Return how a program is run there; None where the image or its configuration is missing."""
    container = _container(workload.template)
    states = [_state(pod, container["name"]) for pod in running]
    if states and all(_waits(state) in _NEVER for state in states):
        return None
    image = digests(running).get(container["name"], "")
    container = {**container, "image": image} if "@sha256:" in image else container
    name = f"{workload.name[:40]}-rollback-tool"
    words = ("in_pod", location.context, location.namespace, name, container["name"], *argv)
    script = Command(words, variables=VARIABLES)
    gone = ("pod_gone", location.context, location.namespace, name)
    return Inside(
        script,
        _read(location, container["name"], running, argv),
        location=f"{workload.kind}/{workload.name}",
        payload=_manifest(workload.template, container, name),
        ended=Command(gone, 60, VARIABLES),
    )


def _container(template: Mapping[str, Any]) -> dict[str, Any]:
    annotations = (template.get("metadata") or {}).get("annotations") or {}
    containers: list[dict[str, Any]] = template["spec"]["containers"]
    named = [each for each in containers if each["name"] == annotations.get(_DEFAULT)]
    return (named or containers)[0]


def _read(
    location: Location, container: str, running: Sequence[Pod], argv: Sequence[str]
) -> Command | None:
    pods = sorted(running, key=lambda pod: not is_ready(pod))
    pod = next((pod for pod in pods if _runs(pod, container)), None)
    if pod is None:
        return None
    return kubectl(location, "exec", "-i", pod["metadata"]["name"], "-c", container, "--", *argv)


def _runs(pod: Pod, container: str) -> bool:
    """Whether the container runs; one that fails its readiness is good enough for a tool.

    One that was started again a moment ago may end in the middle of a command.
    """
    if pod["metadata"].get("deletionTimestamp"):
        return False
    status = _state(pod, container)
    started = ((status.get("state") or {}).get("running") or {}).get("startedAt")
    if started is None or is_ready(pod) or not status.get("restartCount"):
        return started is not None
    return clock.seconds_since(started) > _STEADY


def _state(pod: Pod, container: str) -> Mapping[str, Any]:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return next((status for status in statuses if status["name"] == container), {})


def _waits(status: Mapping[str, Any]) -> str:
    return str(((status.get("state") or {}).get("waiting") or {}).get("reason") or "")


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
