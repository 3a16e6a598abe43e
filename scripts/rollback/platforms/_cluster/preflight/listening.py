"""Where the containers of a template listen, as far as it says so.

A Service by name needs that name. A number need not be declared: it counts as lost only where the
live template declares it and the target declares others in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.services import Port, named_ports

Slot = tuple[str, str, str]  # "port" or the probe, its container, the name or place
_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
_HANDLERS = ("httpGet", "tcpSocket", "grpc")


class Loss(Struct, frozen=True):
    """A port that the target lacks. `instead`: the port to send to; None where none is evident.

    `certain`: nothing can listen there. `fits_both`: `instead` is right for the live release, too.
    """

    evidence: str
    certain: bool
    instead: int | str | None = None
    fits_both: bool = False


def lost(port: Port, change: WorkloadChange) -> Loss | None:
    """Return what speaks against a port of a Service after the change, None where nothing does."""
    if port.by_name:
        return _by_name(port, change)
    assert isinstance(port.target, int)
    return _by_number(port.target, change)


def _by_name(port: Port, change: WorkloadChange) -> Loss | None:
    before, after = named_ports(change.before.template), named_ports(change.after.template)
    assert port.by_name
    if port.by_name not in before or port.by_name in after:
        return None  # a name that leads nowhere today is not this rollback's doing
    number = before[port.by_name]
    evidence = f"it names {', '.join(sorted(name for name, _ in after)) or 'no port'}"
    if number in numbers(change.after.template).values():
        return Loss(evidence, True, number, fits_both=True)
    others = set(_declared(change.after.template).values())
    return Loss(evidence, True, min(others) if len(others) == 1 else None)


def _by_number(number: int, change: WorkloadChange) -> Loss | None:
    before, after = numbers(change.before.template), numbers(change.after.template)
    if number not in before.values() or number in after.values() or not after:
        return None
    moved = [after[slot] for slot, old in before.items() if old == number and slot in after]
    declared = _declared(change.before.template), _declared(change.after.template)
    certain = any(old == number and slot in declared[1] for slot, old in declared[0].items())
    others = sorted(set(after.values()))
    evidence = f"it listens on {', '.join(map(str, others))}"
    return Loss(evidence, certain, moved[0] if moved else others[0])


def numbers(template: Mapping[str, Any]) -> dict[Slot, int]:
    """Return the ports that containers declare, and those that their probes call."""
    return {**_declared(template), **dict(_probed(template))}


def _declared(template: Mapping[str, Any]) -> dict[Slot, int]:
    return {
        ("port", container["name"], str(port.get("name") or position)): port["containerPort"]
        for container in _containers(template)
        for position, port in enumerate(container.get("ports") or ())
        if port.get("containerPort")
    }


def _probed(template: Mapping[str, Any]) -> Iterator[tuple[Slot, int]]:
    for container in _containers(template):
        for kind in _PROBES:
            probe = container.get(kind) or {}
            for handler in _HANDLERS:
                port = (probe.get(handler) or {}).get("port")
                if isinstance(port, int):
                    yield (kind, container["name"], handler), port


def _containers(template: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    spec = template.get("spec") or {}
    return [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
