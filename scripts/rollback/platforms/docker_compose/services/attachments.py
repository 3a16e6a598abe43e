"""Ports, mounts and networks: as a definition asks for them, and as a container has them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.platforms.docker_compose.definition.resolved import Resolved
from rollback.platforms.docker_compose.engine.containers import Container

Mounted = tuple[str, str, str]  # kind, volume or host path, container path


def structured(entries: Any) -> bool:
    """Whether entries are written in long form, as Compose v2 prints them."""
    return isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)


def published(keys: Mapping[str, Any]) -> list[str]:
    """Return the ports of a service on the host, like `127.0.0.1:8080:80/tcp`."""
    ports = keys.get("ports") or []
    return sorted(_numbered(ports)) if structured(ports) else []


def _numbered(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Return published ports with a fixed number; the engine chooses ranges and free ports."""
    for entry in entries:
        number = str(entry.get("published") or "")
        if number.isdigit():
            yield f"{entry.get('host_ip') or ''}:{number}:{_inner(entry)}"


def _inner(entry: Mapping[str, Any]) -> str:
    return f"{entry.get('target')}/{entry.get('protocol') or 'tcp'}"


def same_ports(keys: Mapping[str, Any], container: Container) -> bool:
    """Whether all numbered ports are published, and no others but engine-chosen ones."""
    numbered = {port for port in container.ports if port.split(":")[-2].isdigit()}
    free = {
        _inner(entry)
        for entry in keys.get("ports") or []
        if not str(entry.get("published") or "").isdigit()
    }
    chosen = {port.rpartition(":")[2] for port in container.ports if port not in numbered}
    return numbered == set(published(keys)) and chosen <= free


def mounts(keys: Mapping[str, Any], definition: Resolved) -> Iterator[Mounted]:
    """Yield the named volumes and bind mounts of a service."""
    for entry in keys.get("volumes") or ():
        if not isinstance(entry, dict) or not entry.get("source"):
            continue
        source, path = str(entry["source"]), str(entry.get("target"))
        if entry.get("type") == "volume":
            name = definition.volumes.get(source, {}).get("name", source)
            yield "volume", str(name), path
        elif entry.get("type") == "bind":
            yield "bind", os.path.normpath(source), path


def mounted(container: Container) -> set[Mounted]:
    """Return the named volumes and bind mounts of a container."""
    mounts = set()
    for mount in container.mounts:
        if mount.anonymous or mount.kind not in ("volume", "bind"):
            continue
        source = os.path.normpath(mount.source) if mount.kind == "bind" else mount.source
        mounts.add((mount.kind, source, mount.target))
    return mounts


def lists_all_mounts(keys: Mapping[str, Any], container: Container) -> bool:
    """Whether `volumes` of a service lists all its mounts.

    Volumes of others, secrets and configs are declared elsewhere.
    """
    elsewhere = container.shares or keys.get("secrets") or keys.get("configs")
    return not elsewhere and structured(keys.get("volumes") or [])


def networks(keys: Mapping[str, Any], definition: Resolved) -> set[str]:
    """Return the names of the networks that a service joins."""
    joined = keys.get("networks")
    if keys.get("network_mode") or not isinstance(joined, dict):
        return set()
    return {str(definition.networks.get(name, {}).get("name", name)) for name in joined}
