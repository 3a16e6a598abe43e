"""Where a live object is not what a manifest asks for; what a server or a controller added is no difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.platforms.helm.quantity import same

_SHOWN = ("replicas", "image")  # whose values say more than their path, and are no secrets


def differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Paths that the manifest names and that are otherwise in the live object; what a server or a controller added is none."""
    parts = [name for name in wanted if name not in ("apiVersion", "kind", "metadata", "status")]
    return [row for name in parts for row in compare(name, wanted[name], found.get(name))]


def added(templates: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> list[str]:
    """Containers, variables and volumes of a live pod template that none of these names. No server adds any, and Helm leaves them there."""
    wanted, there = [one.get("spec") or {} for one in templates], found.get("spec") or {}
    rows = [
        f"{part}[{name}]"
        for part in ("initContainers", "containers", "volumes")
        for name in _more(wanted, there, part)
    ]
    for part in ("initContainers", "containers"):
        for one in there.get(part) or ():
            named = [
                each
                for spec in wanted
                for each in spec.get(part) or ()
                if each.get("name") == one["name"]
            ]
            rows += [
                f"{part}[{one['name']}].env[{name}]" for name in _more(named, one, "env") if named
            ]
    return rows


def _more(wanted: Sequence[Mapping[str, Any]], there: Mapping[str, Any], part: str) -> list[str]:
    known = {one.get("name") for spec in wanted for one in spec.get(part) or ()}
    return [one["name"] for one in there.get(part) or () if one["name"] not in known]


def compare(path: str, wanted: Any, found: Any) -> Iterator[str]:
    if wanted is None or (wanted in ("", [], {}) and not found):
        return
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for name, inner in wanted.items():
            yield from compare(f"{path}.{name}", inner, found.get(name))
    elif isinstance(wanted, list) and isinstance(found, list):
        yield from _compare_lists(path, wanted, found)
    elif not same(wanted, found):
        shown = path.rpartition(".")[2] in _SHOWN and not isinstance(found, (Mapping, list))
        yield f"{path} ({found}, not {wanted})" if shown else path


def _compare_lists(path: str, wanted: list[Any], found: list[Any]) -> Iterator[str]:
    """By name where the entries have one (containers, variables, volumes), else one by one."""
    named = {one["name"]: one for one in found if isinstance(one, Mapping) and "name" in one}
    if named and all(isinstance(one, Mapping) and "name" in one for one in wanted):
        for one in wanted:
            yield from compare(f"{path}[{one['name']}]", one, named.get(one["name"]))
    elif len(wanted) != len(found):
        yield path
    else:
        for at, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from compare(f"{path}[{at}]", one, other)
