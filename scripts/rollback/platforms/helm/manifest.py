"""The objects of a rendered manifest: their names, the workloads among them, and a copy without secrets."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from rollback.errors import RollbackError
from rollback.model import Target

WORKLOADS = {"Deployment": "deployment", "StatefulSet": "statefulset", "DaemonSet": "daemonset"}
KEEP = "helm.sh/resource-policy"

Key = tuple[str, str, str, str]  # group, kind, namespace, name
Objects = Mapping[Key, Mapping[str, Any]]


def digest(salt: str, manifest: str) -> str:
    """What a script compares instead of a manifest, which may hold secrets; the shell drops the last line breaks."""
    return hashlib.sha256(f"{salt}{manifest.rstrip(chr(10))}".encode()).hexdigest()[:32]


def artifact(target: Target, manifest: str) -> str:
    """What tells one content of a release from another, in plans and in the ledger."""
    return digest(f"{target.where}/{target.app}", manifest)


@functools.lru_cache(
    maxsize=32
)  # a megabyte takes seconds, and every question of a plan starts here
def objects(manifest: str, namespace: str) -> Objects:
    """By group, kind, namespace and name; not to be changed. `namespace`: of what names none. Raises RollbackError (manifest-unreadable)."""
    import yaml

    try:
        documents = list(yaml.load_all(manifest, Loader=_loader()))
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        raise RollbackError(
            "manifest-unreadable",
            f"a manifest that Helm stored is not YAML (line {line})",
            "see `helm get manifest`",
        ) from None
    flat = (one for document in documents for one in _flat(document))
    return {
        key(one, namespace): one
        for one in flat
        if one.get("kind") and (one.get("metadata") or {}).get("name")
    }


def key(one: Mapping[str, Any], namespace: str) -> Key:
    group = str(one.get("apiVersion") or "").rpartition("/")[0]
    return (
        group,
        str(one["kind"]),
        str(one["metadata"].get("namespace") or namespace),
        str(one["metadata"]["name"]),
    )


def named(which: Key, namespace: str) -> str:
    """How people call it: Kind/name, and its namespace where that is another one."""
    _, kind, own, name = which
    return f"{kind}/{name}" + (f" in {own}" if own != namespace else "")


def workloads(found: Objects) -> list[tuple[str, Mapping[str, Any]]]:
    """(namespace, object) of every Deployment, StatefulSet and DaemonSet."""
    return [
        (own, one)
        for (group, kind, own, _), one in found.items()
        if group == "apps" and kind in WORKLOADS
    ]


def kept(one: Mapping[str, Any]) -> bool:
    """`helm.sh/resource-policy: keep`: Helm lets go of it instead of deleting it."""
    return str((one["metadata"].get("annotations") or {}).get(KEEP, "")).lower().strip() == "keep"


def masked(found: Iterable[Mapping[str, Any]]) -> list[Any]:
    """The objects without the data of Secrets and without literal values of environment variables."""
    return [_masked_secret(one) if one["kind"] == "Secret" else _masked(one) for one in found]


@functools.cache
def _loader() -> Any:
    """Kubernetes knows no dates: 2026-01-01 is a word."""
    import yaml

    class Plain(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    Plain.yaml_implicit_resolvers = {
        first: [
            (tag, pattern) for tag, pattern in rows if not tag.endswith((":timestamp", ":value"))
        ]
        for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Plain


def _flat(document: Any) -> Iterable[Mapping[str, Any]]:
    if isinstance(document, Mapping):
        inner = document.get("items")
        yield from (
            (one for one in inner if isinstance(one, Mapping))
            if document.get("kind") == "List" and isinstance(inner, list)
            else (document,)
        )


def _masked_secret(one: Mapping[str, Any]) -> Any:
    return {
        key: dict.fromkeys(value or (), "***") if key in ("data", "stringData") else value
        for key, value in one.items()
    }


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(one) for one in value]
    if isinstance(value, Mapping):
        variable = isinstance(value.get("name"), str) and isinstance(value.get("value"), str)
        return {
            name: "***" if variable and name == "value" else _masked(inner)
            for name, inner in value.items()
        }
    return value
