"""Services that select the pods of a workload but send them nothing.

A ready pod that no endpoint names receives no traffic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from rollback.model import Verdict
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import find
from rollback.platforms._cluster.revisions import is_ready
from rollback.platforms._cluster.services import (
    Index,
    PodShape,
    Port,
    Service,
    index,
    named_ports,
    parse,
    selecting,
)
from rollback.platforms._cluster.services import labels as labels_of
from rollback.platforms._cluster.workloads import Workload
from rollback.shell import Shell

_SERVICE = "kubernetes.io/service-name"
_ANY_PORT = None
Pods = Mapping[str | None, frozenset[str]]  # port of a Service -> names of ready pods behind it
Problem = tuple[Verdict, str]


class Endpoints(Struct, frozen=True):
    """Services by one of the labels they select, and the ready pods that each of them reaches.

    `has_pods` reads whether any ready pod carries the labels now: endpoints lag behind.
    """

    services: Index = {}
    pods: Mapping[str, Pods] = {}
    has_pods: Callable[[Service], bool] = lambda service: True

    def behind(self, service: Service, port: Port | None) -> frozenset[str]:
        name = _ANY_PORT if port is None else port.name
        return self.pods.get(service.name, {}).get(name, frozenset())


def read(shell: Shell, location: Location) -> Endpoints:
    """Read them; empty where a Role does not allow it."""
    base = f"namespaces/{location.namespace}"
    slices_path = f"/apis/discovery.k8s.io/v1/{base}/endpointslices"
    services, slices = find(shell, location, path(location.namespace), slices_path)
    if services is None or slices is None:
        return Endpoints()
    return Endpoints(
        index(map(parse, services["items"])),
        _ready_pods(slices["items"]),
        lambda service: ready_pods(shell, location, service) != [],
    )


def path(namespace: str) -> str:
    """Return the API path of the Services."""
    return f"/api/v1/namespaces/{namespace}/services"


def ready_pods(
    shell: Shell, location: Location, service: Service
) -> list[Mapping[str, Any]] | None:
    """Read the ready pods that a Service selects; None where a Role does not allow it."""
    selector = ",".join(f"{key}={value}" for key, value in service.selector.items())
    base = f"/api/v1/namespaces/{location.namespace}/pods"
    (pods,) = find(shell, location, f"{base}?labelSelector={quote(selector)}")
    if pods is None:
        return None
    running = [pod for pod in pods["items"] if not pod["metadata"].get("deletionTimestamp")]
    return list(filter(is_ready, running))


def unserved(
    workload: Workload,
    pods: Sequence[Mapping[str, Any]],
    endpoints: Endpoints,
    planned: PodShape | None = None,
) -> Problem | None:
    """Report the first Service that should reach `pods` of the workload and reaches none.

    These are the Services that select its pods, or selected them when the rollback was planned.
    Waiting cures what only its endpoints have not caught up with.
    """
    names = {pod["metadata"]["name"] for pod in pods}
    labels = labels_of(workload.template)
    for service in _concerned(labels, endpoints, planned):
        if not service.selects(labels):
            if not endpoints.has_pods(service):
                return "unhealthy", _without_pods(service, labels)
            continue
        for port in service.ports or (None,):
            problem = _of_port(service, port, workload, endpoints, names)
            if problem and not _failed_before(port, workload, planned):
                return problem
    return None


def failed_before(workload: Workload, endpoints: Endpoints, planned: PodShape | None = None) -> str:
    """Report ports of Services that led to no container before either; "" when there are none."""
    labels = labels_of(workload.template)
    dead = [
        f"port {_label(port)} of Service {service.name}"
        for service in selecting(endpoints.services, labels)
        for port in service.ports
        if _failed_before(port, workload, planned)
    ]
    return f"{dead[0]} had no endpoints before either" if planned and dead else ""


def _concerned(
    labels: Mapping[str, str], endpoints: Endpoints, planned: PodShape | None
) -> Iterator[Service]:
    yield from selecting(endpoints.services, labels)
    for service in selecting(endpoints.services, planned.labels if planned else {}):
        if not service.selects(labels):
            yield service


def _without_pods(service: Service, labels: Mapping[str, str]) -> str:
    missing = service.missing(labels)
    return f"Service {service.name} selects {missing}, which no pod has: it sends no traffic"


def _of_port(
    service: Service,
    port: Port | None,
    workload: Workload,
    endpoints: Endpoints,
    names: set[str],
) -> Problem | None:
    behind = endpoints.behind(service, port)
    if port and port.by_name and port.by_name not in named_ports(workload.template):
        if behind:
            return None  # pods of another workload have it
        target = f"points to {port.target}, which no container has"
        return "unhealthy", f"port {_label(port)} of Service {service.name} {target}"
    if names & behind:
        return None
    return "waiting", f"Service {service.name} sends no traffic to its pods yet"


def _failed_before(port: Port | None, workload: Workload, planned: PodShape | None) -> bool:
    """Whether neither the release left nor the live one has a port of that name."""
    if port is None or port.by_name is None or planned is None:
        return False
    name = port.by_name
    return name not in planned.ports and name not in named_ports(workload.template)


def _label(port: Port) -> str:
    return port.name or str(port.target)


def _ready_pods(slices: Sequence[Mapping[str, Any]]) -> dict[str, dict[str | None, frozenset[str]]]:
    """Return Service -> port -> names of the pods behind its ready endpoints."""
    pods_by_service: dict[str, dict[str | None, frozenset[str]]] = {}
    for raw in slices:
        service = (raw["metadata"].get("labels") or {}).get(_SERVICE, "")
        names = frozenset(
            (endpoint.get("targetRef") or {}).get("name", "")
            for endpoint in raw.get("endpoints") or ()
            if (endpoint.get("conditions") or {}).get("ready")
        )
        ports = [port.get("name") or "" for port in raw.get("ports") or () if port.get("port")]
        behind = pods_by_service.setdefault(service, {})
        for port in (_ANY_PORT, *ports):
            behind[port] = behind.get(port, frozenset()) | names
    return pods_by_service
