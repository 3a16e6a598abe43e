"""Who owns the fields of a pod template, and what one template has and another lacks.

https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

# what tells the entries of a list apart when templates are merged, the first that an entry has
_MERGE_KEYS = ("name", "mountPath", "devicePath", "containerPort", "topologyKey", "ip")


def appliers(raw: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return manager -> its fields of the pod template, for all that apply on the server."""
    managers: dict[str, Mapping[str, Any]] = {}
    for entry in raw["metadata"].get("managedFields") or ():
        spec = (entry.get("fieldsV1") or {}).get("f:spec") or {}
        if entry.get("operation") == "Apply" and not entry.get("subresource"):
            managers[str(entry.get("manager"))] = spec.get("f:template") or {}
    return managers


def changed(fields: Mapping[str, Any], before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of owned fields that have another value afterwards.

    A field that is gone afterwards has no owner: applying it again is no conflict.
    """
    for key, inner in fields.items():
        old, new = _at(before, key), _at(after, key)
        if old is None or new is None:
            continue
        place = _joined(path, key)
        if any(name != "." for name in inner):
            yield from changed(inner, old, new, place)
        elif old != new and not isinstance(old, Mapping):
            yield place


def additions(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of what only `after` has: keys of mappings, and entries of merged lists."""
    if isinstance(after, Mapping) and isinstance(before, Mapping | None):
        for name, inner in after.items():
            place = f"{path}.{name}" if path else str(name)
            yield from additions((before or {}).get(name), inner, place)
    elif _by_key(after) and isinstance(before, list | None):
        old = _by_key(before)
        for entry_key, entry in _by_key(after).items():
            place = f"{path}[{entry_key}]"
            if entry_key in old:
                yield from additions(old[entry_key], entry, place)
            else:
                yield place
    elif before is None and after not in (None, "", []):
        yield path


def _at(value: Any, key: str) -> Any:
    """Return what a key of fieldsV1 names: `f:` a field, `k:` an entry of a list."""
    kind, _, name = key.partition(":")
    if kind == "f":
        return value.get(name) if isinstance(value, Mapping) else None
    if kind != "k" or not isinstance(value, list):
        return None
    wanted = msgspec.json.decode(name, type=dict[str, Any])
    return next((entry for entry in value if _has(entry, wanted)), None)


def _has(entry: Any, wanted: Mapping[str, Any]) -> bool:
    # the server fills in the protocol of a port, which a stored template may lack
    return isinstance(entry, Mapping) and all(
        entry.get(name, "TCP") == value for name, value in wanted.items()
    )


def _joined(path: str, key: str) -> str:
    kind, _, name = key.partition(":")
    if kind == "f":
        return f"{path}.{name}" if path else name
    first = next(iter(msgspec.json.decode(name, type=dict[str, Any]).values()), "")
    return f"{path}[{first}]"


def _by_key(entries: Any) -> dict[str, Any]:
    """Return the entries that are merged one by one; any other list is replaced as a whole."""
    keyed = {}
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping):
            name = next((key for key in _MERGE_KEYS if key in entry), None)
            if name is not None:
                keyed[str(entry[name])] = entry
    return keyed
