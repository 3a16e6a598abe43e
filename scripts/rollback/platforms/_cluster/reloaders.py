"""Controllers that restart pods when a ConfigMap or Secret changes: what asks them to.

Annotations of Stakater's Reloader, SAP's Pod Reloader, Wave and the configmap controller.
"""

from __future__ import annotations

from collections.abc import Mapping

Annotations = Mapping[str, str]

_EVERY = {  # annotation of the workload, "true": for every object of the kind that its pods use
    "reloader.stakater.com/auto": ("ConfigMap", "Secret"),
    "configmap.reloader.stakater.com/auto": ("ConfigMap",),
    "secret.reloader.stakater.com/auto": ("Secret",),
    "wave.pusher.com/update-on-config-change": ("ConfigMap", "Secret"),
}
_NAMED = {  # annotation of the workload: names, separated by commas
    "configmap.reloader.stakater.com/reload": "ConfigMap",
    "secret.reloader.stakater.com/reload": "Secret",
    "pod-reloader.cs.sap.com/configmaps": "ConfigMap",
    "pod-reloader.cs.sap.com/secrets": "Secret",
    "configmap.fabric8.io/update-on-change": "ConfigMap",
    "secret.fabric8.io/update-on-change": "Secret",
}
_EXCLUDED = {
    "ConfigMap": "configmaps.exclude.reloader.stakater.com/reload",
    "Secret": "secrets.exclude.reloader.stakater.com/reload",
}
_SEARCH = "reloader.stakater.com/search"  # of the workload, with _MATCH of the object
_MATCH = "reloader.stakater.com/match"
_IGNORE = "reloader.stakater.com/ignore"  # of either


def asked_by(workload: Annotations, kind: str, name: str, object: Annotations) -> str:
    """Return the annotation that asks for a restart when this object changes, "" without one."""
    for annotation, of in _NAMED.items():
        if of == kind and name in _names(workload, annotation):
            return annotation
    if _is_true(workload, _IGNORE) or _is_true(object, _IGNORE):
        return ""
    if name in _names(workload, _EXCLUDED[kind]):
        return ""
    for annotation, kinds in _EVERY.items():
        if kind in kinds and _is_true(workload, annotation):
            return annotation
    return _SEARCH if _is_true(workload, _SEARCH) and _is_true(object, _MATCH) else ""


def _names(annotations: Annotations, annotation: str) -> list[str]:
    return [name.strip() for name in annotations.get(annotation, "").split(",")]


def _is_true(annotations: Annotations, annotation: str) -> bool:
    return annotations.get(annotation) == "true"
