"""Services, and what they reach in a pod template: labels, and ports by number or by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

Label = tuple[str, str]
NamedPort = tuple[str, str]  # name, protocol


class Port(Struct, frozen=True):
    """`target` is a number, or the name of a container's port."""

    name: str
    target: int | str
    protocol: str

    @property
    def by_name(self) -> NamedPort | None:
        return (self.target, self.protocol) if isinstance(self.target, str) else None


class Service(Struct, frozen=True):
    name: str
    selector: Mapping[str, str]
    ports: Sequence[Port] = ()

    def selects(self, labels: Mapping[str, str]) -> bool:
        return self.selector.items() <= labels.items()

    def missing(self, labels: Mapping[str, str]) -> str:
        """Return the part of the selector that the labels do not match: "version=v3"."""
        unmatched = self.selector.items() - labels.items()
        return ",".join(f"{key}={value}" for key, value in sorted(unmatched))


class PodShape(Struct, frozen=True):
    """What Services could reach in the pods of a workload (kind/name)."""

    namespace: str
    workload: str
    labels: Mapping[str, str] = {}
    ports: Sequence[NamedPort] = ()


Index = Mapping[Label, Sequence[Service]]


def parse(raw: Mapping[str, Any]) -> Service:
    """Return a Service as it is live, or as a manifest has it."""
    spec = raw.get("spec") or {}
    rows = [row for row in spec.get("ports") or () if isinstance(row, Mapping)]
    ports = tuple(
        Port(
            str(row.get("name") or ""),
            _target(row.get("targetPort") or row.get("port") or 0),
            str(row.get("protocol") or "TCP"),
        )
        for row in rows
    )
    selector = {str(key): str(value) for key, value in (spec.get("selector") or {}).items()}
    return Service(str(raw["metadata"]["name"]), selector, ports)


def index(services: Iterable[Service]) -> Index:
    """Index Services by one of their labels; those without a selector select nothing."""
    by_label: dict[Label, list[Service]] = {}
    for service in services:
        if service.selector:
            by_label.setdefault(min(service.selector.items()), []).append(service)
    return by_label


def selecting(services: Index, labels: Mapping[str, str]) -> Iterator[Service]:
    """Yield the Services whose selector matches pods with these labels."""
    for label in labels.items():
        for service in services.get(label, ()):
            if service.selects(labels):
                yield service


def labels(template: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels of the pods of a template."""
    found = (template.get("metadata") or {}).get("labels") or {}
    return {str(key): str(value) for key, value in found.items()}


def named_ports(template: Mapping[str, Any]) -> dict[NamedPort, int]:
    """Return the ports that a Service can name; init containers have some only as sidecars."""
    spec = template.get("spec") or {}
    sidecars = [
        container
        for container in spec.get("initContainers") or ()
        if container.get("restartPolicy") == "Always"
    ]
    return {
        (port["name"], port.get("protocol") or "TCP"): port["containerPort"]
        for container in [*(spec.get("containers") or ()), *sidecars]
        for port in container.get("ports") or ()
        if port.get("name") and port.get("containerPort")
    }


def shape(namespace: str, workload: str, template: Mapping[str, Any]) -> PodShape:
    return PodShape(namespace, workload, labels(template), tuple(named_ports(template)))


def _target(value: Any) -> int | str:
    if isinstance(value, int):
        return value
    return int(value) if str(value).isdecimal() else str(value)
