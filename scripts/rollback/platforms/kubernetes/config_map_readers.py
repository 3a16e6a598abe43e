"""Who reads ConfigMaps of a namespace: workloads, Jobs, bare pods and what operators run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set as AbstractSet
from typing import Any

from rollback.platforms._cluster import kubectl
from rollback.platforms._cluster.details import Location
from rollback.shell import Shell

_LISTS = {
    "Deployment": "/apis/apps/v1/namespaces/%s/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/%s/statefulsets",
    "DaemonSet": "/apis/apps/v1/namespaces/%s/daemonsets",
    "CronJob": "/apis/batch/v1/namespaces/%s/cronjobs",
    "ReplicaSet": "/apis/apps/v1/namespaces/%s/replicasets",
    "Job": "/apis/batch/v1/namespaces/%s/jobs",
    "Pod": "/api/v1/namespaces/%s/pods",
}
_SHOWN = ("Deployment", "StatefulSet", "DaemonSet", "CronJob")
# what runs on behalf of another object in these lists, which is read there
_MADE_BY = {
    "ReplicaSet": ("Deployment",),
    "Job": ("CronJob",),
    "Pod": ("ReplicaSet", "StatefulSet", "DaemonSet", "Job"),
}
_GROUPS = ("apps/v1", "batch/v1")
_REFERENCES = ("configMap", "configMapRef", "configMapKeyRef")

Readers = Mapping[str, Sequence[str]]


def others(shell: Shell, location: Location, moved: AbstractSet[str]) -> Readers | None:
    """Return ConfigMap -> who reads it and does not move; None where not all are seen.

    `moved` are uids. What has ended reads nothing any more.
    """
    lists = kubectl.find(shell, location, *(path % location.namespace for path in _LISTS.values()))
    if any(answer is None for answer in lists):
        return None
    readers: dict[str, list[str]] = {}
    for kind, answer in zip(_LISTS, lists, strict=True):
        for item in answer["items"] if answer else ():
            if item["metadata"]["uid"] not in moved and (label := _label(kind, item)):
                for name in set(_config_maps(item["spec"])):
                    readers.setdefault(name, []).append(label)
    return {name: list(dict.fromkeys(labels)) for name, labels in readers.items()}


def _label(kind: str, item: Mapping[str, Any]) -> str:
    """Return what people call a reader; "" for one that is read as another object, or has ended."""
    name = str(item["metadata"]["name"])
    if kind in _SHOWN:
        return name
    status = item.get("status") or {}
    if kind == "ReplicaSet" and not item["spec"].get("replicas", 1):
        return ""
    if kind == "Job" and (status.get("completionTime") or _has_failed(status)):
        return ""
    if kind == "Pod" and status.get("phase") in ("Succeeded", "Failed"):
        return ""
    owners = item["metadata"].get("ownerReferences") or ()
    owner = next((row for row in owners if row.get("controller")), None)
    if owner is None:
        return f"{kind}/{name}"
    if owner.get("kind") in _MADE_BY[kind] and owner.get("apiVersion") in _GROUPS:
        return ""
    return f"{owner.get('kind')}/{owner.get('name')}"


def _has_failed(status: Mapping[str, Any]) -> bool:
    rows = status.get("conditions") or ()
    return any(row.get("type") == "Failed" and row.get("status") == "True" for row in rows)


def _config_maps(value: Any) -> Iterator[str]:
    """Yield the names of ConfigMaps anywhere in a spec."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key in _REFERENCES and isinstance(part, dict) and part.get("name"):
                yield part["name"]
            yield from _config_maps(part)
    elif isinstance(value, list):
        for part in value:
            yield from _config_maps(part)
