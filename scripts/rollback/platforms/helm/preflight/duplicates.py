"""Entries of lists that the live release names twice: Helm's merge deletes them.

The merge knows a variable by its name and a port by its number, so port 53 for TCP and for UDP is
named twice, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollback.model import Finding
from rollback.platforms.helm.manifest import Key, is_workload
from rollback.platforms.helm.moves import server_side
from rollback.platforms.helm.preflight.comparison import Comparison

_CONTAINERS = ("initContainers", "containers")
_MERGED_BY = {"env": "name", "ports": "containerPort"}


def findings(comparison: Comparison) -> Iterator[Finding]:
    """Report what the patch would delete instead of set (measured with 3.19.0).

    A second rollback to the same revision sets it: then only one manifest names it twice.
    """
    if server_side(comparison.move, comparison.target):
        return
    lost = list(_lost(comparison))
    if not lost:
        return
    release, number = comparison.release, comparison.target.number
    message = (
        f"{', '.join(lost)}: named twice in revision {comparison.source.number} of {release}, so "
        f"Helm's merge deletes what revision {number} sets, or stops half-way"
    )
    command = f"helm -n {comparison.location.namespace} rollback {release} {number}"
    fix = f"roll back by hand, twice (the second one sets it, also when the first fails): {command}"
    yield Finding("blocker", "duplicate-entry", message, fix)


def _lost(comparison: Comparison) -> Iterator[str]:
    for key, after in comparison.after.items():
        wanted = _entries(key, after)
        for path, names in _entries(key, comparison.before.get(key, {})).items():
            target = wanted.get(path, [])
            for name in dict.fromkeys(names):
                if names.count(name) > 1 and target.count(name) == 1:
                    yield f"{comparison.label(key)} {path}[{name}]"


def _entries(key: Key, manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what a merge tells the entries of each list apart by, by the path of the list."""
    spec = manifest.get("spec") or {}
    if (key.group, key.kind) == ("", "Service"):
        return {"ports": _named(spec.get("ports"), "port")}
    pods = (spec.get("template") or {}).get("spec") or {} if is_workload(key) else {}
    return {
        f"{part}[{container.get('name')}].{field}": _named(container.get(field), name)
        for part in _CONTAINERS
        for container in pods.get(part) or ()
        for field, name in _MERGED_BY.items()
    }


def _named(entries: Any, name: str) -> list[str]:
    return [str(entry.get(name)) for entry in entries or ()]
