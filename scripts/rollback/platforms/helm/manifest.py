"""The objects of a rendered manifest: keys, workloads, and a copy without secrets."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rollback.errors import RollbackError
from rollback.model import Target

WORKLOADS = {"Deployment": "deployment", "StatefulSet": "statefulset", "DaemonSet": "daemonset"}
KEEP = "helm.sh/resource-policy"


class Key(NamedTuple):
    """What identifies an object in a cluster."""

    group: str
    kind: str
    namespace: str
    name: str

    def label(self, namespace: str) -> str:
        """Kind/name, and its namespace where that is another one."""
        elsewhere = f" in {self.namespace}" if self.namespace != namespace else ""
        return f"{self.kind}/{self.name}{elsewhere}"

    @property
    def argument(self) -> str:
        """As kubectl takes it: kind.group/name."""
        group = f".{self.group}" if self.group else ""
        return f"{self.kind.lower()}{group}/{self.name}"


Objects = Mapping[Key, Mapping[str, Any]]


def digest(salt: str, manifest: str) -> str:
    """Return what a script compares instead of a manifest, which may hold secrets.

    The shell drops the last line breaks.
    """
    text = manifest.rstrip("\n")
    return hashlib.sha256(f"{salt}{text}".encode()).hexdigest()[:32]


def artifact(target: Target, manifest: str) -> str:
    """Return what tells one content of a release from another, in plans and in the ledger."""
    return digest(f"{target.where}/{target.app}", manifest)


@functools.lru_cache(maxsize=32)  # parsing a megabyte takes seconds, and every check starts here
def objects(manifest: str, namespace: str) -> Objects:
    """Parse a manifest; `namespace` is that of objects that name none.

    The result is shared: do not change it. Raises RollbackError (manifest-unreadable).
    """
    import yaml

    try:
        documents = list(yaml.load_all(manifest, Loader=_loader()))
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        message = f"a manifest that Helm stored is not YAML (line {line})"
        raise RollbackError("manifest-unreadable", message, "see `helm get manifest`") from None
    listed = (item for document in documents for item in _items(document))
    return {key(item, namespace): item for item in listed if _has_name(item)}


def objects_or_none(manifest: str, namespace: str) -> Objects:
    """Like objects, but empty when the manifest cannot be parsed.

    A plan of such a release is blocked.
    """
    try:
        return objects(manifest, namespace)
    except RollbackError:
        return {}


def key(manifest: Mapping[str, Any], namespace: str) -> Key:
    group = str(manifest.get("apiVersion") or "").rpartition("/")[0]
    meta = manifest["metadata"]
    return Key(
        group, str(manifest["kind"]), str(meta.get("namespace") or namespace), str(meta["name"])
    )


def workloads(objects: Objects) -> Iterator[tuple[Key, Mapping[str, Any]]]:
    """Yield every Deployment, StatefulSet and DaemonSet."""
    return ((key, manifest) for key, manifest in objects.items() if is_workload(key))


def is_workload(key: Key) -> bool:
    return key.group == "apps" and key.kind in WORKLOADS


def listed_twice(names: Sequence[str]) -> list[str]:
    """Return NAMESPACE/KIND/NAME..., the only one of a namespace twice.

    kubectl prints a single object without a list around it.
    """
    namespaces = [name.partition("/")[0] for name in names]
    twice: list[str] = []
    for name, namespace in zip(names, namespaces, strict=True):
        twice += [name, name] if namespaces.count(namespace) == 1 else [name]
    return twice


def is_kept(manifest: Mapping[str, Any]) -> bool:
    """True with `helm.sh/resource-policy: keep`: Helm does not delete the object."""
    annotations = manifest["metadata"].get("annotations") or {}
    return str(annotations.get(KEEP, "")).lower().strip() == "keep"


def masked(manifests: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Copy the objects without data of Secrets and literal values of environment variables."""
    return [
        _masked_secret(manifest) if manifest["kind"] == "Secret" else _masked(manifest)
        for manifest in manifests
    ]


@functools.cache
def _loader() -> Any:
    """A loader as Kubernetes reads YAML, without dates: 2026-01-01 is a string."""
    import yaml

    class Plain(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    Plain.yaml_implicit_resolvers = {
        first: [rule for rule in rules if not rule[0].endswith((":timestamp", ":value"))]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Plain


def _items(document: Any) -> Iterator[Mapping[str, Any]]:
    """The document, or what it lists."""
    if not isinstance(document, Mapping):
        return
    listed = document.get("items")
    if document.get("kind") == "List" and isinstance(listed, list):
        yield from (item for item in listed if isinstance(item, Mapping))
    else:
        yield document


def _has_name(item: Mapping[str, Any]) -> bool:
    return bool(item.get("kind") and (item.get("metadata") or {}).get("name"))


def _masked_secret(secret: Mapping[str, Any]) -> Any:
    return {
        field: dict.fromkeys(value or (), "***") if field in ("data", "stringData") else value
        for field, value in secret.items()
    }


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    is_variable = isinstance(value.get("name"), str) and isinstance(value.get("value"), str)
    return {
        field: "***" if is_variable and field == "value" else _masked(inner)
        for field, inner in value.items()
    }
