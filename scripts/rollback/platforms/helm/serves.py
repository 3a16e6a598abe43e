"""Which revisions serve the same: by their pods and what reaches and configures them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.platforms._cluster.content import printed
from rollback.platforms._cluster.restarts import without_marks
from rollback.platforms.helm.manifest import Key, Objects, objects_or_none, workloads
from rollback.platforms.helm.storage import Revision

IMAGE = re.compile(r"^\s*(?:- )?image: *[\"']?([^\s\"'#]+)", re.MULTILINE)

_MOST = 1_000_000  # characters of manifests that are parsed: about a second
_CONFIGURATION = {("", "ConfigMap"), ("", "Secret")}
# they change how many pods there are, or run and are gone
_NOT_SERVING = {
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("autoscaling.k8s.io", "VerticalPodAutoscaler"),
    ("batch", "Job"),
    ("keda.sh", "ScaledObject"),
    ("policy", "PodDisruptionBudget"),
}
_OF_POD_SETS = ("volumeClaimTemplates", "serviceName")
_CHART = "helm.sh/chart"  # a label that every version of a chart changes


def alike(known: Sequence[Revision], namespace: str) -> dict[int, str]:
    """Return number -> the same text for revisions that serve the same. `known`: newest first.

    Only revisions that name the same images as another one are parsed, as far as time allows.
    """
    images = {revision.number: _images(revision) for revision in known}
    shared = [
        revision
        for revision in known
        if sum(images[revision.number] == other for other in images.values()) > 1
    ]
    texts: dict[int, str] = {}
    parsed: set[str] = set()
    for revision in shared:
        parsed.add(revision.manifest)
        if sum(map(len, parsed)) > _MOST:
            break
        if served := _text(objects_or_none(revision.manifest, namespace)):
            texts[revision.number] = served
    return texts


def _images(revision: Revision) -> frozenset[str]:
    return frozenset(IMAGE.findall(revision.manifest))


def _text(objects: Objects) -> str:
    """Return a hash: it is made of configuration, so of secrets; empty without workloads."""
    specs = [manifest.get("spec") or {} for _, manifest in workloads(objects)]
    if not specs:
        return ""
    words = {word for spec in specs for word in _words(spec.get("template"))}
    rows = [
        [*key, _served(key, manifest)]
        for key, manifest in sorted(objects.items(), key=lambda item: item[0])
        if _counts(key, words, objects)
    ]
    return hashlib.sha256(printed(rows).encode()).hexdigest()


def _words(value: Any) -> Iterator[str]:
    """Yield every string in a pod template: what is mounted is named there, however it is."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


def _counts(key: Key, words: set[str], objects: Objects) -> bool:
    """`words` are those of the pod templates."""
    kind = (key.group, key.kind)
    if kind in _CONFIGURATION and key.name not in words:
        return any(_is_custom(other) for other in objects)  # which may read it
    return kind not in _NOT_SERVING


def _is_custom(key: Key) -> bool:
    return "." in key.group and not key.group.endswith(".k8s.io")


def _served(key: Key, manifest: Mapping[str, Any]) -> Any:
    if key.group == "apps":
        spec = manifest.get("spec") or {}
        template = _without_chart(without_marks(spec.get("template") or {}))
        return {"template": template, **{name: spec.get(name) for name in _OF_POD_SETS}}
    content = {
        field: value
        for field, value in manifest.items()
        if field not in ("apiVersion", "metadata", "status")
    }
    return {**content, "annotations": manifest["metadata"].get("annotations") or {}}


def _without_chart(template: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = template["metadata"]
    labels = {name: value for name, value in meta["labels"].items() if name != _CHART}
    return {**template, "metadata": {**meta, "labels": labels}}
