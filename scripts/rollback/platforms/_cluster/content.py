"""A pod template: its canonical text, the text kubectl prints for it, its version and commit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

HASH_LABELS = ("pod-template-hash", "controller-revision-hash", "pod-template-generation")
RESTARTED = (
    "kubectl.kubernetes.io/restartedAt"  # `rollout restart`: a new revision with the same content
)
_VERSION_KEYS = (
    "app.kubernetes.io/version",
    "version",
    "app/version",
    "tags.datadoghq.com/version",
)
_COMMIT_KEYS = (
    "org.opencontainers.image.revision",
    "app.kubernetes.io/commit",
    "git-commit",
    "git-sha",
    "commit",
    "commit-sha",
    "vcs-ref",
)
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_GO_ESCAPES = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


def plain(template: Mapping[str, Any], like: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the template without what a controller added to it.

    `like`: the live template, whose spelling of absent values is used.
    """
    cleaned = {key: value for key, value in template.items() if key != "$patch"}
    meta = dict(cleaned.get("metadata") or {})
    labels = {
        key: value for key, value in (meta.get("labels") or {}).items() if key not in HASH_LABELS
    }
    meta = (
        {**meta, "labels": labels}
        if labels
        else {key: value for key, value in meta.items() if key != "labels"}
    )
    if like is not None:  # a stored revision keeps the spelling of the server that wrote it
        meta.pop("creationTimestamp", None)
        if "creationTimestamp" in (like.get("metadata") or {}):
            meta["creationTimestamp"] = None
    return {**cleaned, "metadata": meta}


def printed(value: Any) -> str:
    """Return what `kubectl -o jsonpath` prints for an object.

    That is Go's JSON: keys sorted; < > & and the line separators escaped.
    """
    return msgspec.json.encode(value, order="sorted").decode().translate(_GO_ESCAPES)


def lasting(template: Mapping[str, Any]) -> str:
    """Return the template as text, without the marks that a restart changes.

    Two releases with the same text run the same.
    """
    meta = template.get("metadata") or {}
    annotations = {
        key: value for key, value in (meta.get("annotations") or {}).items() if key != RESTARTED
    }
    return printed(
        {**template, "metadata": {"labels": meta.get("labels") or {}, "annotations": annotations}}
    )


def images(template: Mapping[str, Any]) -> dict[str, str]:
    """Container name -> image, init containers included."""
    spec = template.get("spec") or {}
    return {
        container["name"]: container.get("image", "")
        for part in ("initContainers", "containers")
        for container in spec.get(part) or ()
    }


def labelled_version(template: Mapping[str, Any]) -> str | None:
    labels = (template.get("metadata") or {}).get("labels") or {}
    return next((str(labels[key]) for key in _VERSION_KEYS if labels.get(key)), None)


def version(template: Mapping[str, Any], name: str) -> str | None:
    """Return the version label, else the tag or short digest of the main container.

    The main container has the name of the workload, else it is the first.
    """
    if labelled := labelled_version(template):
        return labelled
    containers = (template.get("spec") or {}).get("containers") or [{}]
    main = next((item for item in containers if item.get("name") == name), containers[0])
    return tag(main.get("image", ""))


def tag(image: str) -> str | None:
    path, _, digest = image.partition("@")
    last = path.rpartition("/")[2]
    return last.partition(":")[2] or (digest.partition(":")[2][:12] if digest else None) or None


def commit(template: Mapping[str, Any], annotations: Mapping[str, str], name: str) -> str | None:
    """A commit named by a label or annotation, else an image tag that is one."""
    meta = template.get("metadata") or {}
    words = {**annotations, **(meta.get("annotations") or {}), **(meta.get("labels") or {})}
    named = (
        next((str(words[key]) for key in _COMMIT_KEYS if words.get(key)), None)
        or version(template, name)
        or ""
    )
    return named if _COMMIT.fullmatch(named) and not named.isdecimal() else None
