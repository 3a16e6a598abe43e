"""The live objects of a manifest that are of Kubernetes' rarer kinds: policies, roles, webhooks.

Where they live is what the cluster itself says of each API version. Secrets are never read, nor
custom resources and routes: their controllers may rewrite them (weights of a canary).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import find
from rollback.platforms.helm.manifest import Key, Objects
from rollback.platforms.helm.preflight.live_objects import MOST, is_readable
from rollback.shell import Shell

_ROUTES = "gateway.networking.k8s.io"


def read(shell: Shell, location: Location, asked: Objects) -> dict[Key, dict[str, Any]]:
    """Return those that exist and may be read."""
    others = {
        key: str(manifest["apiVersion"]) for key, manifest in asked.items() if _is_compared(key)
    }
    versions = list(dict.fromkeys(others.values()))
    answers = find(shell, location, *(f"/{_root(version)}" for version in versions))
    served = dict(zip(versions, answers, strict=True))
    paths = {key: _path(key, others[key], served[others[key]]) for key in others}
    known = {key: path for key, path in list(paths.items())[:MOST] if path}
    found = find(shell, location, *known.values())
    return {key: raw for key, raw in zip(known, found, strict=True) if raw}


def _is_compared(key: Key) -> bool:
    custom = "." in key.group and not key.group.endswith(".k8s.io")
    secret = (key.group, key.kind) == ("", "Secret")
    return not (custom or secret or key.group == _ROUTES or is_readable(key))


def _path(key: Key, version: str, served: Mapping[str, Any] | None) -> str:
    """Return where the object lives, or "" where that cannot be known."""
    for resource in (served or {}).get("resources") or ():
        if resource["kind"] == key.kind and "/" not in resource["name"]:
            place = f"namespaces/{key.namespace}/" if resource["namespaced"] else ""
            return f"/{_root(version)}/{place}{resource['name']}/{key.name}"
    return ""


def _root(version: str) -> str:
    return f"apis/{version}" if "/" in version else f"api/{version}"
