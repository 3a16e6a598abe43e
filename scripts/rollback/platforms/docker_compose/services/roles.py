"""The role of each service: moving application, store, job, or sharer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.platforms.docker_compose.details import Services
from rollback.platforms.docker_compose.engine.containers import Container
from rollback.platforms.docker_compose.services import jobs, stores
from rollback.platforms.docker_compose.settings import Settings
from rollback.settings.environment import Environment, group


def assign(
    environment: Environment, containers: Sequence[Container], declared: Mapping[str, Any]
) -> Services:
    """Assign each service its role; `declared` are the services of today's files."""
    by_service = _by_service(containers)
    sharers = dict(_sharers(containers))
    carriers = {service for owners in sharers.values() for service in owners}
    apps, listed = environment.settings.apps, group(environment, Settings).services
    return Services(
        running={
            service: list(dict.fromkeys(container.image for container in group))
            for service, group in by_service.items()
        },
        references={service: group[0].reference for service, group in by_service.items()},
        replicas={service: len(group) for service, group in by_service.items() if len(group) > 1},
        stores=stores.reasons(by_service),
        jobs=jobs.reasons(by_service, declared, carriers),
        sharers=sharers,
        carriers=sorted(service for service in carriers if _ended(by_service.get(service, ()))),
        down=sorted({container.service for container in containers if _is_down(container)}),
        created={
            service: _awaited(group)
            for service, group in by_service.items()
            if _never_started(group) and not jobs.by_file(service, declared)
        },
        named=sorted(by_service.keys() & {*apps, *listed}),
        only=sorted(listed),
        grace=max((container.grace for container in containers), default=10),
    )


def _by_service(containers: Sequence[Container]) -> dict[str, list[Container]]:
    groups: dict[str, list[Container]] = defaultdict(list)
    for container in containers:
        groups[container.service].append(container)
    return dict(sorted(groups.items()))


def left_alone(services: Services) -> dict[str, str]:
    """Return service -> why a rollback does not touch it. A job is never started."""
    alone = dict(services.stores)
    if services.only:
        others = (service for service in services.running if service not in services.only)
        alone |= dict.fromkeys(others, "is not listed under `services` in the settings")
    unnamed = {service: why for service, why in alone.items() if service not in services.named}
    return {**unnamed, **services.jobs}


def moving(services: Services) -> list[str]:
    """Return the services that run and that a rollback may move."""
    alone = left_alone(services)
    return [service for service in services.running if service not in alone]


def _is_down(container: Container) -> bool:
    return container.state.get("Status") != "running"


def _never_started(group: Sequence[Container]) -> bool:
    """Whether a deploy made them and stopped, as it waited for another service."""
    return all(container.state.get("Status") == "created" for container in group)


def _awaited(group: Sequence[Container]) -> list[str]:
    """Return the services that it may start after, once they are healthy."""
    return sorted(
        {
            dependency.service
            for container in group
            for dependency in container.depends_on
            if dependency.condition == "service_healthy"
        }
    )


def _ended(group: Sequence[Container]) -> bool:
    """Whether a service has done its work and only lends its volumes."""
    states = [
        (container.state.get("Status"), container.state.get("ExitCode")) for container in group
    ]
    return bool(states) and all(state == ("exited", 0) for state in states)


def _sharers(containers: Sequence[Container]) -> Iterator[tuple[str, list[str]]]:
    """Yield services that break when another one's container is recreated."""
    service_of = {container.id: container.service for container in containers}
    by_service: dict[str, set[str]] = defaultdict(set)
    for container in containers:
        owners = {service_of.get(id, "") for id in container.shares}
        owners |= {dependency.service for dependency in container.depends_on if dependency.restart}
        by_service[container.service] |= owners - {"", container.service}
    for service, owners in sorted(by_service.items()):
        if owners:
            yield service, sorted(owners)
