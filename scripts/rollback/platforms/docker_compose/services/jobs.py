"""One-off jobs: services that run once. A rollback never starts them again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from rollback.platforms.docker_compose.engine.containers import Container

_COMPLETED = "service_completed_successfully"
# words in a service's name or command that say it runs once; never a proof alone
_JOB = re.compile(
    r"migrat|\bseed|\binit(?:ialize|_|-|\b)|\bsetup\b|bootstrap|collectstatic|fixture|createsuperuser|provision|"
    r"\bdb:|alembic|flyway|liquibase|prisma|configurat|permissions",
    re.IGNORECASE,
)


def reasons(
    by_service: Mapping[str, Sequence[Container]],
    declared: Mapping[str, Any],
    carriers: Collection[str],
) -> dict[str, str]:
    """Return service -> why it is a job; a carrier only lends its volumes and is no job."""
    awaited = {*_awaited(by_service, declared)}
    all_reasons = {
        service: _reason(group, awaited, declared.get(service, {}))
        for service, group in by_service.items()
    }
    return {service: why for service, why in all_reasons.items() if why and service not in carriers}


def by_file(service: str, declared: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether the compose files alone show that a service runs once and ends."""
    keys = declared.get(service, {})
    serves = bool(keys.get("ports") or keys.get("healthcheck"))
    awaited = service in _awaited_in(declared)
    named = bool(_JOB.search(f"{service} {keys.get('command') or ''}")) and not serves
    return (
        awaited
        or bool(keys.get("profiles"))
        or (_restart(keys) in ("no", "on-failure", "") and named)
    )


def _reason(group: Sequence[Container], awaited: Collection[str], keys: Mapping[str, Any]) -> str:
    """Return why a service is taken for a job that runs once and ends; "" when it is not."""
    service = group[0].service
    if service in awaited:
        return "is a one-off job that others wait for"
    if not _has_ended_for_good(group, keys):
        return ""
    if all(container.state.get("ExitCode") == 0 for container in group):
        return "is a one-off job that has ended"
    text = f"{service} {' '.join(group[0].command)}"
    if keys.get("profiles") or _restart(keys) == "no" or _JOB.search(text):
        return "is a one-off job that failed"
    return ""


def _has_ended_for_good(group: Sequence[Container], keys: Mapping[str, Any]) -> bool:
    """Whether all containers exited and none looks like a stopped or crashed application."""
    for container in group:
        if container.state.get("Status") != "exited":
            return False
        if container.restart_policy in ("always", "unless-stopped"):
            return False
        if container.ports or (container.health_check and keys.get("healthcheck")):
            return False
    return True


def _restart(keys: Mapping[str, Any]) -> str:
    """Return the policy as written, "" without one; YAML reads an unquoted `no` as false."""
    value = keys.get("restart")
    return "no" if value is False else str(value or "").partition(":")[0]


def _awaited(
    by_service: Mapping[str, Sequence[Container]], declared: Mapping[str, Any]
) -> Iterator[str]:
    """Return services that others wait for to end."""
    for container in (container for group in by_service.values() for container in group):
        for dependency in container.depends_on:
            if dependency.condition == _COMPLETED:
                yield dependency.service
    yield from _awaited_in(declared)


def _awaited_in(declared: Mapping[str, Any]) -> set[str]:
    awaited = set()
    for keys in declared.values():
        dependencies = keys.get("depends_on") if isinstance(keys, dict) else None
        for service, entry in dependencies.items() if isinstance(dependencies, dict) else ():
            if isinstance(entry, dict) and entry.get("condition") == _COMPLETED:
                awaited.add(str(service))
    return awaited
