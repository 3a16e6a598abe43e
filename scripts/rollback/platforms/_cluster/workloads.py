"""Deployments, StatefulSets and DaemonSets, as they are read from the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import items
from rollback.shell import Shell

KINDS = {"deployment": "deployments", "statefulset": "statefulsets", "daemonset": "daemonsets"}


class WorkloadName(Struct, frozen=True):
    """`selector` of its pods as kubectl takes it, "" where it is not known."""

    kind: str
    name: str
    selector: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.name}"


class Workload(Struct, frozen=True):
    """One Deployment, StatefulSet or DaemonSet as it was read, or as a manifest has it."""

    kind: str
    raw: dict[str, Any]

    @property
    def meta(self) -> dict[str, Any]:
        return self.raw["metadata"]  # type: ignore[no-any-return]

    @property
    def name(self) -> str:
        return self.meta["name"]  # type: ignore[no-any-return]

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def template(self) -> dict[str, Any]:
        return self.raw["spec"]["template"]  # type: ignore[no-any-return]

    @property
    def selector(self) -> str:
        labels = (self.raw["spec"].get("selector") or {}).get("matchLabels") or {}
        return ",".join(f"{key}={value}" for key, value in labels.items())

    @property
    def named(self) -> WorkloadName:
        return WorkloadName(self.kind, self.name, self.selector)


def condition(workload: Workload, name: str) -> Mapping[str, Any]:
    """Return a condition of its status, empty when it has none of that name."""
    conditions = (workload.raw.get("status") or {}).get("conditions") or ()
    return next((found for found in conditions if found["type"] == name), {})


def unavailable_since(workload: Workload) -> str:
    """Return since when too few pods are available; empty while enough are."""
    available = condition(workload, "Available")
    return str(available["lastTransitionTime"]) if available.get("status") == "False" else ""


def read_all(shell: Shell, location: Location, selector: str | None = None) -> list[Workload]:
    """Read all workloads of the namespace, or those that match the selector. Raises Unreadable."""
    base = f"/apis/apps/v1/namespaces/{location.namespace}"
    query = f"?labelSelector={quote(selector)}" if selector else ""
    lists = items(shell, location, *(f"{base}/{plural}{query}" for plural in KINDS.values()))
    return [
        Workload(kind, raw) for kind, objects in zip(KINDS, lists, strict=True) for raw in objects
    ]
