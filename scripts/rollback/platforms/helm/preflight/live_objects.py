"""The live objects that a manifest names, as far as they are of the usual kinds.

Secrets are never read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import find
from rollback.platforms.helm.manifest import Key
from rollback.shell import Shell

MOST = 200  # objects of one release that are read
# (group, kind) -> version, plural; the most important first
_KINDS = {
    ("apps", "Deployment"): ("apps/v1", "deployments"),
    ("apps", "StatefulSet"): ("apps/v1", "statefulsets"),
    ("apps", "DaemonSet"): ("apps/v1", "daemonsets"),
    ("", "PersistentVolumeClaim"): ("v1", "persistentvolumeclaims"),
    ("batch", "Job"): ("batch/v1", "jobs"),
    ("batch", "CronJob"): ("batch/v1", "cronjobs"),
    ("", "Service"): ("v1", "services"),
    ("", "ConfigMap"): ("v1", "configmaps"),
    ("networking.k8s.io", "Ingress"): ("networking.k8s.io/v1", "ingresses"),
    ("autoscaling", "HorizontalPodAutoscaler"): ("autoscaling/v2", "horizontalpodautoscalers"),
}
_ORDER = list(_KINDS)


def read(shell: Shell, location: Location, keys: Iterable[Key]) -> dict[Key, dict[str, Any]]:
    """Return those that exist and may be read.

    Workloads and claims come first where there are too many.
    """
    readable = [key for key in dict.fromkeys(keys) if is_readable(key)]
    chosen = sorted(readable, key=lambda key: _ORDER.index((key.group, key.kind)))[:MOST]
    answers = find(shell, location, *map(_path, chosen))
    return {key: raw for key, raw in zip(chosen, answers, strict=True) if raw}


def is_readable(key: Key) -> bool:
    return (key.group, key.kind) in _KINDS


def _path(key: Key) -> str:
    version, plural = _KINDS[key.group, key.kind]
    root = "apis" if "/" in version else "api"
    return f"/{root}/{version}/namespaces/{key.namespace}/{plural}/{key.name}"
