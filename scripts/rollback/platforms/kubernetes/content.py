"""What a pod template says: its canonical text, the text kubectl prints for it, its version and commit."""

from __future__ import annotations

import hashlib
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
    """The template without what a controller added to it; `like` is the live one, whose spelling of absent values is taken over."""
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
    """What `kubectl -o jsonpath` prints for an object: Go's JSON, keys sorted, < > & and the line separators escaped."""
    return msgspec.json.encode(value, order="sorted").decode().translate(_GO_ESCAPES)


def lasting(template: Mapping[str, Any]) -> str:
    """The template as text without marks that change on a restart: two releases with the same text run the same."""
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
        one["name"]: one.get("image", "")
        for part in ("initContainers", "containers")
        for one in spec.get(part) or ()
    }


def labelled_version(template: Mapping[str, Any]) -> str | None:
    labels = (template.get("metadata") or {}).get("labels") or {}
    return next((str(labels[key]) for key in _VERSION_KEYS if labels.get(key)), None)


def version(template: Mapping[str, Any], name: str) -> str | None:
    """The version label, else the tag (or the short digest) of the container called like the workload, else of the first."""
    if labelled := labelled_version(template):
        return labelled
    containers = (template.get("spec") or {}).get("containers") or [{}]
    main = next((one for one in containers if one.get("name") == name), containers[0])
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


def salted_line(details: Mapping[str, Any], template: Any) -> str:
    """What a script compares instead of the template, which may hold values that no plan may show."""
    return hashlib.sha256(
        f"{details['salt']}{details['uid']} {printed(template)}".encode()
    ).hexdigest()
