"""Services that select the pods of a workload but send them nothing.

A ready pod that no endpoint names receives no traffic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import find
from rollback.platforms._cluster.workloads import Workload
from rollback.shell import Shell

_SERVICE = "kubernetes.io/service-name"
Label = tuple[str, str]


class Service(Struct, frozen=True):
    name: str
    selector: Mapping[str, str]


class Endpoints(Struct, frozen=True):
    """Services by one of the labels they select, and the pods that each of them sends to."""

    services: Mapping[Label, Sequence[Service]]
    pods: Mapping[str, frozenset[str]]


def read(shell: Shell, location: Location) -> Endpoints:
    """Read them; empty where a Role does not allow it."""
    base = f"namespaces/{location.namespace}"
    paths = (f"/api/v1/{base}/services", f"/apis/discovery.k8s.io/v1/{base}/endpointslices")
    services, slices = find(shell, location, *paths)
    if services is None or slices is None:
        return Endpoints({}, {})
    return Endpoints(_by_label(services["items"]), _ready_pods(slices["items"]))


def unserved(workload: Workload, pods: Sequence[Mapping[str, Any]], endpoints: Endpoints) -> str:
    """Report the first Service that selects the workload's pods but sends to none of `pods`.

    Empty when there is none.
    """
    names = {pod["metadata"]["name"] for pod in pods}
    for service in _selecting(workload, endpoints):
        if not names & endpoints.pods.get(service.name, frozenset()):
            return f"Service {service.name} sends no traffic to its pods yet"
    return ""


def _by_label(services: Sequence[Mapping[str, Any]]) -> dict[Label, list[Service]]:
    services_by_label: dict[Label, list[Service]] = {}
    for raw in services:
        if selector := raw["spec"].get("selector"):
            service = Service(raw["metadata"]["name"], selector)
            services_by_label.setdefault(min(selector.items()), []).append(service)
    return services_by_label


def _ready_pods(slices: Sequence[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Return Service -> names of the pods behind its ready endpoints."""
    pods_by_service: dict[str, frozenset[str]] = {}
    for raw in slices:
        service = (raw["metadata"].get("labels") or {}).get(_SERVICE, "")
        names = {
            (endpoint.get("targetRef") or {}).get("name", "")
            for endpoint in raw.get("endpoints") or ()
            if (endpoint.get("conditions") or {}).get("ready")
        }
        pods_by_service[service] = pods_by_service.get(service, frozenset()) | names
    return pods_by_service


def _selecting(workload: Workload, endpoints: Endpoints) -> Iterator[Service]:
    labels = (workload.template.get("metadata") or {}).get("labels") or {}
    for label in labels.items():
        for service in endpoints.services.get(label, ()):
            if service.selector.items() <= labels.items():
                yield service
