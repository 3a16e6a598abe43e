"""What a container is attached to: ports, mounts and networks, as a definition asks for them and as they are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.definition import Resolved


def structured(entries: Any) -> bool:
    return isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)


def _ports(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Published ports with a number of their own; ranges and free ports are the engine's choice."""
    for entry in entries:
        published = str(entry.get("published") or "")
        if published.isdigit():
            yield f"{entry.get('host_ip') or ''}:{published}:{entry.get('target')}/{entry.get('protocol') or 'tcp'}"


def same_ports(keys: Mapping[str, Any], container: Container) -> bool:
    """All that are asked for by number are there, and no others but those that the engine may choose."""
    numbered = {port for port in container.ports if port.split(":")[-2].isdigit()}
    free = {
        f"{entry.get('target')}/{entry.get('protocol') or 'tcp'}"
        for entry in keys.get("ports") or []
        if not str(entry.get("published") or "").isdigit()
    }
    chosen = {port.rpartition(":")[2] for port in container.ports if port not in numbered}
    return numbered == set(published(keys)) and chosen <= free


def mounts(keys: Mapping[str, Any], resolved: Resolved) -> Iterator[tuple[str, str, str]]:
    for entry in keys.get("volumes") or ():
        if not isinstance(entry, dict) or not entry.get("source"):
            continue
        name = str(entry["source"])
        kind = str(entry.get("type"))
        if kind == "volume":
            name = str(resolved.volumes.get(name, {}).get("name", name))
        if kind in ("volume", "bind"):
            yield (
                kind,
                name if kind == "volume" else os.path.normpath(name),
                str(entry.get("target")),
            )


def lists_all_mounts(keys: Mapping[str, Any], container: Container) -> bool:
    """Whether `volumes` of a service says all that is mounted: volumes of others, secrets and configs are elsewhere."""
    entries = keys.get("volumes") or []
    return not (container.shares or keys.get("secrets") or keys.get("configs")) and structured(
        entries
    )


def mounted(container: Container) -> set[tuple[str, str, str]]:
    found = set()
    for mount in container.mounts:
        if mount.anonymous or mount.kind not in ("volume", "bind"):
            continue
        source = os.path.normpath(mount.source) if mount.kind == "bind" else mount.source
        found.add((mount.kind, source, mount.target))
    return found


def published(keys: Mapping[str, Any]) -> list[str]:
    """Ports of a service on the host, like `127.0.0.1:8080:80/tcp`."""
    return sorted(_ports(keys.get("ports") or [])) if structured(keys.get("ports") or []) else []


def networks(keys: Mapping[str, Any], resolved: Resolved) -> set[str]:
    """Names of the networks that a service joins."""
    if keys.get("network_mode") or not isinstance(keys.get("networks"), dict):
        return set()
    return {str(resolved.networks.get(name, {}).get("name", name)) for name in keys["networks"]}
