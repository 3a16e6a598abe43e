"""Fields that no server lets anybody change, and claims that cannot shrink."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollback.model import Finding
from rollback.platforms.helm.manifest import Key
from rollback.platforms.helm.differences import compare
from rollback.platforms.helm.preflight.live import readable
from rollback.platforms.helm.preflight.pair import Pair
from rollback.platforms.helm.quantity import amount

_FIELDS = {
    "Deployment": (("spec", "selector"),),
    "DaemonSet": (("spec", "selector"),),
    "Job": (("spec", "template"),),
    "StatefulSet": tuple(
        ("spec", name)
        for name in ("selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy")
    ),
    "PersistentVolumeClaim": tuple(
        ("spec", name) for name in ("storageClassName", "accessModes", "volumeMode", "volumeName")
    ),
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
_FROZEN = ("ConfigMap", "Secret")  # with immutable: true
_SIZE = ("resources", "requests", "storage")


def findings(both: Pair, live: Mapping[Key, Mapping[str, Any]]) -> Iterator[Finding]:
    number = both.to.number
    for key, one in both.then.items():
        for field in changed(_before(both, key, live), one):
            message = f"{both.called(key)}: revision {number} has another {field}, which cannot be changed: the rollback would fail"
            yield Finding(
                "blocker",
                "immutable",
                message,
                "delete that object by hand if it can be made anew, or deploy the old version",
            )
    for key, one in live.items():
        if key in both.then and shrinks(both.then[key], one):
            message = f"{both.called(key)} is {_size(one)} and revision {number} asks for {_size(both.then[key])}: a claim cannot shrink"
            yield Finding(
                "blocker", "claim-shrinks", message, "deploy the old version with the size of today"
            )


def changed(before: Mapping[str, Any] | None, then: Mapping[str, Any]) -> list[str]:
    """Names of the fields. What the target leaves to the server is no change, and what the server filled in neither."""
    if before is None:
        return []
    found = [
        ".".join(path)
        for path in _FIELDS.get(str(then["kind"]), ())
        if _differ(path[-1], _at(before, path), _at(then, path))
    ]
    parts = ("data", "stringData", "binaryData")
    if (
        then["kind"] in _FROZEN
        and before.get("immutable") is True
        and any(before.get(part) != then.get(part) for part in parts)
    ):
        found.append("data (it is marked immutable)")
    return found


def shrinks(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    if wanted["kind"] != "PersistentVolumeClaim":
        return False
    asked, there = amount(_size(wanted)), amount(_size(live))
    return asked is not None and there is not None and asked < there


def _before(
    both: Pair, key: Key, live: Mapping[Key, Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The live object: a failed upgrade may have asked for a change that never came. Without it the live manifest, where that was applied."""
    if key in live or readable(key):
        return live.get(key)
    return both.now.get(key) if both.current.status == "deployed" else None


def _differ(name: str, before: Any, then: Any) -> bool:
    before, then = (_DEFAULTS.get(name) if one is None else one for one in (before, then))
    if then is None or (name != "selector" and before is None):
        return False
    return bool(before != then if name == "selector" else [*compare(name, then, before)])


def _size(claim: Mapping[str, Any]) -> str:
    return str(_at(claim.get("spec") or {}, _SIZE) or "?")


def _at(one: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        one = one.get(name) if isinstance(one, Mapping) else None
    return one
