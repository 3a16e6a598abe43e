"""Fields that no server lets anyone change, and claims that cannot shrink."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollback.model import Finding
from rollback.platforms._cluster import quantities
from rollback.platforms.helm import differences
from rollback.platforms.helm.manifest import Key
from rollback.platforms.helm.preflight.comparison import Comparison, LiveObjects
from rollback.platforms.helm.preflight.live_objects import is_readable

Manifest = Mapping[str, Any]
Path = tuple[str, ...]

_STATEFULSET = ("selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy")
_CLAIM = (
    "storageClassName",
    "accessModes",
    "volumeMode",
    "volumeName",
    "selector",
    "dataSource",
    "dataSourceRef",
)
_FIELDS: Mapping[str, tuple[Path, ...]] = {
    "Deployment": (("spec", "selector"),),
    "DaemonSet": (("spec", "selector"),),
    "Job": (("spec", "template"),),
    "StatefulSet": tuple(("spec", name) for name in _STATEFULSET),
    "PersistentVolumeClaim": tuple(("spec", name) for name in _CLAIM),
    "RoleBinding": (("roleRef",),),
    "ClusterRoleBinding": (("roleRef",),),
    "Secret": (("type",),),
    "PriorityClass": (("value",),),
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",)),
}
_DEFAULTS = {
    "podManagementPolicy": "OrderedReady",
    "type": "Opaque",
    "volumeMode": "Filesystem",
    "reclaimPolicy": "Delete",
}
_WITH_DATA = ("ConfigMap", "Secret")  # whose data cannot change with immutable: true
_DATA = ("data", "stringData", "binaryData")
_SIZE = ("spec", "resources", "requests", "storage")


def findings(comparison: Comparison, live: LiveObjects) -> Iterator[Finding]:
    for key, after in comparison.after.items():
        before = _before(comparison, key, live)
        for field in changed(before, after):
            yield _immutable(comparison, key, field)
        for field in removed(comparison.before.get(key), before, after):
            yield _removed(comparison, key, field)
    for key, claim in live.items():
        if key in comparison.after and shrinks(comparison.after[key], claim):
            yield _shrinking(comparison, key, claim)


def changed(before: Manifest | None, after: Manifest) -> list[str]:
    """Return the names of the fields.

    What the target leaves to the server is no change, nor what the server filled in.
    """
    if before is None:
        return []
    fields = _FIELDS.get(str(after["kind"]), ())
    names = [".".join(path) for path in fields if _differs(path, before, after)]
    if _changes_immutable_data(before, after):
        names.append("data (it is marked immutable)")
    return names


def removed(left: Manifest | None, before: Manifest | None, after: Manifest) -> list[str]:
    """Return the names of the fields that `left` names, `before` has and `after` leaves out.

    Helm deletes what the manifest that it leaves names and the target does not (3 and 4).
    """
    if left is None or before is None:
        return []
    return [
        ".".join(path)
        for path in _FIELDS.get(str(after["kind"]), ())
        if path[-1] not in _DEFAULTS
        and _at(after, path) is None
        and None not in (_at(left, path), _at(before, path))
    ]


def shrinks(wanted: Manifest, live: Manifest) -> bool:
    if wanted["kind"] != "PersistentVolumeClaim":
        return False
    after, now = quantities.parse(_size(wanted)), quantities.parse(_size(live))
    return after is not None and now is not None and after < now


def _immutable(comparison: Comparison, key: Key, field: str) -> Finding:
    message = (
        f"revision {comparison.target.number} changes {field} of {comparison.label(key)}, which no "
        "server allows: the rollback would fail"
    )
    fix = "delete that object by hand if it can be created again, or deploy the old version"
    return Finding("blocker", "immutable", message, fix)


def _removed(comparison: Comparison, key: Key, field: str) -> Finding:
    message = (
        f"revision {comparison.source.number} sets {field} of {comparison.label(key)} and revision "
        f"{comparison.target.number} leaves it out: Helm would remove it, which no server allows, "
        "and stop half-way"
    )
    fix = f"deploy the old version again with {field} in its chart"
    return Finding("blocker", "immutable", message, fix)


def _shrinking(comparison: Comparison, key: Key, claim: Manifest) -> Finding:
    wanted = _size(comparison.after[key])
    message = (
        f"{comparison.label(key)} is {_size(claim)} and revision {comparison.target.number} asks "
        f"for {wanted}: a claim cannot shrink"
    )
    fix = "deploy the old version with the present size"
    return Finding("blocker", "claim-shrinks", message, fix)


def _before(comparison: Comparison, key: Key, live: LiveObjects) -> Manifest | None:
    """Return the live object, else the source's, where that was applied.

    A failed upgrade may have asked for a change that never came.
    """
    if key in live or is_readable(key):
        return live.get(key)
    return comparison.before.get(key) if comparison.source.status == "deployed" else None


def _differs(path: Path, before: Manifest, after: Manifest) -> bool:
    name = path[-1]
    default = _DEFAULTS.get(name)
    old, new = _at(before, path), _at(after, path)
    old, new = default if old is None else old, default if new is None else new
    if new is None:
        return False
    if name == "selector":
        return bool(old != new)
    return old is not None and any(differences.compare(name, new, old))


def _changes_immutable_data(before: Manifest, after: Manifest) -> bool:
    frozen = after["kind"] in _WITH_DATA and before.get("immutable") is True
    return frozen and any(before.get(part) != after.get(part) for part in _DATA)


def _size(claim: Manifest) -> str:
    return str(_at(claim, _SIZE) or "?")


def _at(value: Any, path: Path) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
