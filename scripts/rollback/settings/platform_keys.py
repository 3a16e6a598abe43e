"""The platforms' keys of an environment: in a group named like the platform, or directly in it."""

from __future__ import annotations

from typing import Any

from rollback.settings import groups as declared
from rollback.settings import shape
from rollback.settings.location import Location, listed
from rollback.settings.model import ENVIRONMENT_KEYS


def platform(name: str | None) -> str | None:
    """Return the id of a platform named by its id or its alias."""
    return declared.names().get(name, name) if name else None


def groups(keys: dict[str, Any], platform: str | None, at: Location) -> dict[str, Any]:
    """Return platform id -> its adapter's SETTINGS. Raises Usage for keys no platform has."""
    named = {key: declared.names()[key] for key in keys if key in declared.names()}
    flat = {key: keys[key] for key in keys if key not in ENVIRONMENT_KEYS and key not in named}
    _only_known(flat, at)
    if not named:
        return _flat(flat, platform, at)
    if flat and len(named) > 1:
        raise at.at(next(iter(flat))).wrong(f"belongs in one of the groups {listed(named)}")
    groups = {id: _group(keys[key], key, flat, at) for key, id in named.items()}
    if len(groups) < len(named):
        raise at.wrong(f"{listed(named)} are the same group; give it once")
    if platform and platform not in groups:
        raise at.at("platform").wrong(
            f"contradicts the group {listed(named)}", "remove one of the two"
        )
    return groups


def refuse(keys: dict[str, Any], at: Location) -> None:
    """Reject platform keys beside components: they belong in a component's group."""
    for key in keys:
        if key == "platform" or key not in ENVIRONMENT_KEYS:
            _only_known({} if key == "platform" or key in declared.names() else {key: None}, at)
            raise at.at(key).wrong(
                "cannot be given together with components", "move it into a component's group"
            )


def _only_known(flat: dict[str, Any], at: Location) -> None:
    fields = (key for keys in declared.all_keys().values() for key in keys.__struct_fields__)
    shape.only(flat, dict.fromkeys([*ENVIRONMENT_KEYS, *declared.names(), *fields]), at)


def _group(value: Any, key: str, flat: dict[str, Any], at: Location) -> Any:
    """Merge a group with the keys that stand beside it."""
    keys = declared.all_keys()[declared.names()[key]]
    inner = shape.mapping_or_empty(value, at.at(key))
    shape.only(inner, keys.__struct_fields__, at.at(key))
    shape.only(flat, (*ENVIRONMENT_KEYS, *keys.__struct_fields__), at)
    if twice := next((name for name in inner if name in flat), None):
        raise at.at(key, twice).wrong(f"is given twice: also as {'/'.join((*at.path, twice))}")
    group = shape.converted(inner, keys, at.at(key))
    return shape.converted(flat | inner, keys, at) if flat else group


def _flat(flat: dict[str, Any], platform: str | None, at: Location) -> dict[str, Any]:
    """Return the keys directly under the environment per platform that has them all."""
    if not flat:
        return {}
    able = declared.with_keys(set(flat))
    if platform in declared.all_keys():
        shape.only(flat, (*ENVIRONMENT_KEYS, *declared.all_keys()[platform].__struct_fields__), at)
        able = {platform: able[platform]}
    if not able:
        raise at.wrong(
            f"{listed(flat)} are keys of different platforms",
            "put the keys of each platform into a group named like it",
        )
    return {id: shape.converted(flat, keys, at) for id, keys in able.items()}
