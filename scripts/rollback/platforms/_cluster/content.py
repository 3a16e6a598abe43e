"""A pod template: its canonical text, the text kubectl prints for it, its version and commit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from rollback.platforms._cluster.restarts import without_marks

HASH_LABELS = ("pod-template-hash", "controller-revision-hash", "pod-template-generation")
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
_ESCAPED = (b"<", b">", b"&", b"\xe2\x80")  # looked for first: a translation is much slower


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
    raw = msgspec.json.encode(value, order="sorted")
    text = raw.decode()
    return text.translate(_GO_ESCAPES) if any(mark in raw for mark in _ESCAPED) else text


def lasting(template: Mapping[str, Any]) -> str:
    """Return the template as text, without the marks of restarts.

    Two releases with the same text run the same.
    """
    return printed(without_marks(template))


def serves(template: Mapping[str, Any]) -> str:
    """Return a hash of what a template serves; it may be of secret values, so it is not written."""
    return hashlib.sha256(lasting(template).encode()).hexdigest()


def differences(template: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """Yield the path of each difference that serves, never a value; lists with names by name."""
    yield from _compared("", without_marks(template), without_marks(other))


def _compared(path: str, value: Any, other: Any) -> Iterator[str]:
    fields, other_fields = _fields(value), _fields(other)
    if fields is None or other_fields is None:
        if value != other:
            yield path
        return
    for name in dict.fromkeys([*fields, *other_fields]):
        inner = f"{path}[{name}]" if isinstance(value, list) else f"{path}.{name}".lstrip(".")
        yield from _compared(inner, fields.get(name), other_fields.get(name))


def _fields(value: Any) -> Mapping[str, Any] | None:
    """Return an object's fields, or a list's entries by name; None for anything else."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list) and value and all(_has_name(entry) for entry in value):
        return {entry["name"]: entry for entry in value}
    return None


def _has_name(entry: Any) -> bool:
    return isinstance(entry, Mapping) and "name" in entry


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


def repository(image: str) -> str:
    """Return an image's name without tag and digest; "" for one that is a digest alone."""
    path, _, last = image.partition("@")[0].rpartition("/")
    name = "" if last == "sha256" or last.startswith("sha256:") else last.partition(":")[0]
    return f"{path}/{name}" if path else name


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
