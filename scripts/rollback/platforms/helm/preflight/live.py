"""The live objects that a manifest names, as far as they are of the usual kinds. Secrets are never read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rollback.platforms.helm.manifest import Key
from rollback.platforms.kubernetes.kubectl import find
from rollback.shell import Shell

MOST = 200  # objects of one release that are looked at
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


def read(shell: Shell, place: Mapping[str, Any], keys: Iterable[Key]) -> dict[Key, dict[str, Any]]:
    """Those that are there and may be read; workloads and claims first where there are too many."""
    order = list(_KINDS)
    chosen = sorted(
        (key for key in dict.fromkeys(keys) if key[:2] in _KINDS),
        key=lambda key: order.index((key[0], key[1])),
    )[:MOST]
    found = find(shell, place, *map(_path, chosen))
    return {key: one for key, one in zip(chosen, found, strict=True) if one}


def readable(key: Key) -> bool:
    return key[:2] in _KINDS


def _path(key: Key) -> str:
    version, plural = _KINDS[key[0], key[1]]
    return f"/{'apis' if '/' in version else 'api'}/{version}/namespaces/{key[2]}/{plural}/{key[3]}"
