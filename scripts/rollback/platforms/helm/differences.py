"""Where a live object is not what a manifest asks for.

What a server or a controller added is no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.platforms._cluster.quantities import equal
from rollback.text import clean

_SHOWN = ("replicas", "image")  # whose values say more than their path, and are no secrets
_FEW = 4
_NOT_COMPARED = ("apiVersion", "kind", "metadata", "status")


def differences(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> list[str]:
    """Return the paths that the manifest names and that are different in the live object.

    Two versions of an API may spell the same differently: nothing is compared across them.
    """
    if wanted.get("apiVersion") != live.get("apiVersion"):
        return []
    fields = [name for name in wanted if name not in _NOT_COMPARED]
    return [path for name in fields for path in compare(name, wanted[name], live.get(name))]


def listed(paths: Sequence[str]) -> str:
    """Return the first few, and how many more there are."""
    more = f" and {len(paths) - _FEW} more" if len(paths) > _FEW else ""
    return clean("; ".join(paths[:_FEW]), 400) + more


def added(templates: Sequence[Mapping[str, Any]], live: Mapping[str, Any]) -> list[str]:
    """Return containers, variables and volumes of a live pod template that no given template names.

    No server adds any, and Helm leaves them where they are.
    """
    specs, spec = [template.get("spec") or {} for template in templates], live.get("spec") or {}
    paths = [
        f"{field}[{name}]"
        for field in ("initContainers", "containers", "volumes")
        for name in _added_names(specs, spec, field)
    ]
    for field in ("initContainers", "containers"):
        for container in spec.get(field) or ():
            paths += _added_variables(specs, field, container)
    return paths


def compare(path: str, wanted: Any, live: Any) -> Iterator[str]:
    """Yield the path of each difference, a value only where it cannot be a secret."""
    if wanted is None or (wanted in ("", [], {}) and not live):
        return
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        for name, inner in wanted.items():
            yield from compare(f"{path}.{name}", inner, live.get(name))
    elif isinstance(wanted, list) and isinstance(live, list):
        yield from _compare_lists(path, wanted, live)
    elif not equal(wanted, live):
        shown = path.rpartition(".")[2] in _SHOWN and not isinstance(live, (Mapping, list))
        yield f"{path} ({live}, not {wanted})" if shown else path


def _compare_lists(path: str, wanted: list[Any], live: list[Any]) -> Iterator[str]:
    """By name where the entries have one (containers, variables, volumes), else by position.

    Of two variables with the same name the last one counts.
    """
    by_name = {entry["name"]: entry for entry in live if _has_name(entry)}
    if by_name and all(map(_has_name, wanted)):
        for name, entry in {entry["name"]: entry for entry in wanted}.items():
            yield from compare(f"{path}[{name}]", entry, by_name.get(name))
    elif len(wanted) != len(live):
        yield path
    else:
        for position, (entry, other) in enumerate(zip(wanted, live, strict=True)):
            yield from compare(f"{path}[{position}]", entry, other)


def _has_name(entry: Any) -> bool:
    return isinstance(entry, Mapping) and "name" in entry


def _added_variables(
    specs: Sequence[Mapping[str, Any]], field: str, container: Mapping[str, Any]
) -> list[str]:
    """Return nothing for a container that is itself added: it is reported as a whole."""
    name = container["name"]
    known = [
        entry for spec in specs for entry in spec.get(field) or () if entry.get("name") == name
    ]
    if not known:
        return []
    variables = _added_names(known, container, "env")
    return [f"{field}[{name}].env[{variable}]" for variable in variables]


def _added_names(
    known: Sequence[Mapping[str, Any]], live: Mapping[str, Any], field: str
) -> list[str]:
    names = {entry.get("name") for parent in known for entry in parent.get(field) or ()}
    return [entry["name"] for entry in live.get(field) or () if entry["name"] not in names]
