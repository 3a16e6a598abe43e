"""What restarts leave in a pod template: a new revision that serves the same.

Marks of `kubectl rollout restart` and its kind, and of controllers that restart pods because a
ConfigMap or Secret changed. A checksum that the deploy itself writes is not one of them: it came
with its configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

ANNOTATIONS = (  # of the pod template, in lower case
    "*/restartedat",  # kubectl, Argo CD, dashboards, Vault Secrets Operator, k8s-restarter
    "*/restarted-at",
    "*/last-restart",
    "*/last-restarted",  # 1Password
    "reloader.stakater.com/*",
    "*.reloader.stakater.com/*",
    "pod-reloader.cs.sap.com/*",
    "wave.pusher.com/*",
    "keel.sh/update-time",
    "cattle.io/timestamp",  # Rancher: Redeploy
    "secrets.doppler.com/secretsupdate*",
    "secrets.infisical.com/managed-secret*",
    "rollme",  # the random value that charts restart pods with
)
VARIABLES = (  # of containers
    "STAKATER_*_CONFIGMAP",
    "STAKATER_*_SECRET",
    "STAKATER_*_SECRETPROVIDERCLASS",
    "FABRIC8_*_CONFIGMAP",  # configmapcontroller
    "FABRIC8_*_SECRET",
)
_CONTAINERS = ("initContainers", "containers")


def without_marks(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template without the marks of restarts."""
    meta, spec = template.get("metadata") or {}, template.get("spec") or {}
    annotations = {
        key: value for key, value in (meta.get("annotations") or {}).items() if not is_mark(key)
    }
    containers = {part: list(map(_unmarked, spec[part])) for part in _CONTAINERS if spec.get(part)}
    labels = meta.get("labels") or {}
    return {
        **template,
        "metadata": {"labels": labels, "annotations": annotations},
        "spec": {**spec, **containers},
    }


@lru_cache(maxsize=1024)  # thousands of templates have the same few names
def is_mark(annotation: str) -> bool:
    return any(fnmatchcase(annotation.lower(), pattern) for pattern in ANNOTATIONS)


def _unmarked(container: Mapping[str, Any]) -> Mapping[str, Any]:
    variables = container.get("env") or ()
    kept = [variable for variable in variables if not _is_variable(variable.get("name") or "")]
    if len(kept) == len(variables):
        return container
    rest = {key: value for key, value in container.items() if key != "env"}
    return {**rest, "env": kept} if kept else rest


@lru_cache(maxsize=1024)
def _is_variable(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in VARIABLES)
