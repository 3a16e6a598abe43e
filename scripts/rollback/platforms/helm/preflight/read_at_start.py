"""Settings that the rollback puts back, and that pods read only when they start.

Where nothing else in the pod template changes, no pod is replaced and all go on with the old ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollback.contracts import LEFT_ALONE
from rollback.model import Finding
from rollback.platforms._cluster import reloaders
from rollback.platforms._cluster.names import listed
from rollback.platforms.helm.manifest import WORKLOADS, Key, workloads
from rollback.platforms.helm.preflight.comparison import Comparison, LiveObjects
from rollback.platforms.helm.preflight.downtime import replaces_pods

_DATA = ("data", "binaryData", "stringData")
_SOURCES = {
    "configMapRef": "ConfigMap",
    "configMapKeyRef": "ConfigMap",
    "secretRef": "Secret",
    "secretKeyRef": "Secret",
}
Name = tuple[str, str]  # kind and name


def findings(comparison: Comparison, live: LiveObjects) -> Iterator[Finding]:
    for key, manifest in workloads(comparison.after):
        before = (comparison.before.get(key) or {}).get("spec") or {}
        after = manifest.get("spec") or {}
        stale = sorted(_changed(comparison, key) & set(_read(after)))
        if key not in live or replaces_pods(before, after, live[key]["spec"]):
            continue
        reloads = {name: _reload(comparison, key, live[key], name) for name in stale}
        if annotations := sorted(set(filter(None, reloads.values()))):
            yield _reloaded(key, stale, annotations)
        elif stale:
            yield _finding(comparison, key, stale)


def _finding(comparison: Comparison, key: Key, stale: list[Name]) -> Finding:
    message = (
        f"{_workload(key)} stays on the settings of revision {comparison.source.number}: "
        f"its pods read {_listed(stale)} when they start, and Helm does not restart them"
    )
    return Finding("warning", LEFT_ALONE, message, f"{_restart(key)}, once Helm is done")


def _reloaded(key: Key, stale: list[Name], annotations: list[str]) -> Finding:
    """One restart brings all settings: a reloader that does it for one of them does it for all."""
    message = (
        f"{_workload(key)} reads {_listed(stale)} when its pods start: Helm does not restart them,"
        f" a reloader does (annotation {', '.join(annotations)})"
    )
    return Finding("note", "reloaded", message, f"if no reloader runs here: {_restart(key)}")


def _reload(comparison: Comparison, key: Key, live: Mapping[str, Any], name: Name) -> str:
    """Return the annotation by which a reloader restarts the pods of this workload, if any."""
    (wanted,) = [
        manifest
        for other, manifest in comparison.after.items()
        if (other.kind, other.name, other.namespace) == (*name, key.namespace)
    ]
    pods = (live["spec"].get("template") or {}).get("metadata") or {}
    applied = (comparison.after[key].get("metadata") or {}).get("annotations") or {}
    # what Helm leaves out stays only where it never was in the chart
    removed = (comparison.before.get(key, {}).get("metadata") or {}).get("annotations") or {}
    kept = {**_annotations(pods), **_annotations(live["metadata"])}
    kept = {key: value for key, value in kept.items() if key not in removed}
    return reloaders.asked_by({**kept, **applied}, *name, _annotations(wanted["metadata"]))


def _annotations(meta: Mapping[str, Any]) -> Mapping[str, str]:
    return meta.get("annotations") or {}


def _listed(names: list[Name]) -> str:
    return listed([f"{kind}/{name}" for kind, name in names])


def _workload(key: Key) -> str:
    return f"{WORKLOADS[key.kind]}/{key.name}"


def _restart(key: Key) -> str:
    return f"kubectl -n {key.namespace} rollout restart {_workload(key)}"


def _changed(comparison: Comparison, workload: Key) -> set[Name]:
    """Return the ConfigMaps and Secrets of its namespace whose content the rollback changes."""
    return {
        (key.kind, key.name)
        for key, manifest in comparison.after.items()
        if key.kind in _SOURCES.values()
        and key.namespace == workload.namespace
        and key in comparison.before
        and _data(manifest) != _data(comparison.before[key])
    }


def _data(manifest: Mapping[str, Any]) -> list[Any]:
    return [manifest.get(field) or {} for field in _DATA]


def _read(spec: Mapping[str, Any]) -> Iterator[Name]:
    """Yield what becomes a variable, and files of a volume's `subPath`: neither is ever updated."""
    pod = (spec.get("template") or {}).get("spec") or {}
    volumes = {volume.get("name"): list(_of_volume(volume)) for volume in pod.get("volumes") or ()}
    for part in ("initContainers", "containers"):
        for container in pod.get(part) or ():
            variables = [variable.get("valueFrom") for variable in container.get("env") or ()]
            yield from _named([*(container.get("envFrom") or ()), *variables])
            for mount in container.get("volumeMounts") or ():
                if mount.get("subPath") or mount.get("subPathExpr"):
                    yield from volumes.get(mount.get("name"), ())


def _named(sources: list[Mapping[str, Any] | None]) -> Iterator[Name]:
    for source in sources:
        for field, kind in _SOURCES.items():
            if name := ((source or {}).get(field) or {}).get("name"):
                yield kind, name


def _of_volume(volume: Mapping[str, Any]) -> Iterator[Name]:
    projected = (volume.get("projected") or {}).get("sources") or ()
    for source in (volume, *projected):
        if name := (source.get("configMap") or {}).get("name"):
            yield "ConfigMap", name
        secret = source.get("secret") or {}
        if name := secret.get("secretName") or secret.get("name"):
            yield "Secret", name
