"""What each service is for: an application that a rollback moves, a store of data, a one-off job, or a sharer of another's network."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from rollback.settings.environment import Environment
from rollback.platforms.docker_compose.details import Services
from rollback.platforms.docker_compose.engine.containers import Container
from rollback.platforms.docker_compose.engine.images import split

# The last part of an image's name, whole: an older one may not read, or may damage, what a newer one has written.
# acme/kafka-consumer and acme/vault-ui are applications.
_STORES = frozenset(
    word
    for line in (
        "postgres postgresql postgis timescaledb timescaledb-ha pgvector postgresql-repmgr postgres-ha spilo",
        "mysql mysql-server mariadb mariadb-galera percona percona-server percona-xtradb-cluster mssql mongo",
        "mongodb mongodb-community-server mongodb-enterprise-server percona-server-mongodb redis redis-stack",
        "redis-stack-server redis-cluster valkey valkey-cluster keydb dragonfly memcached rabbitmq lavinmq",
        "kafka cp-kafka cp-server kafka-native zookeeper cp-zookeeper redpanda nats pulsar",
        "activemq activemq-classic activemq-artemis artemis elasticsearch opensearch solr meilisearch typesense",
        "minio seaweedfs clickhouse clickhouse-server cassandra scylla neo4j influxdb couchdb couchbase etcd consul vault",
        "cockroach qdrant weaviate milvus chroma prometheus victoria-metrics grafana arangodb dgraph",
        "surrealdb rethinkdb",
    )
    for word in line.split()
)
# where databases and queues keep their files
_DATA = re.compile(
    r"/var/lib/(?:postgresql|mysql|mariadb|mongodb|redis|rabbitmq|kafka|zookeeper|cassandra|elasticsearch|opensearch|"
    r"neo4j|influxdb2?|clickhouse|couchdb|etcd|data)(?:/|$)|/bitnami/\w+|/data/db(?:/|$)|/var/opt/mssql|"
    r"/usr/share/(?:elastic|open)search/data|/opt/couchdb/data|/qdrant/storage|/meili_data"
)
# set by the images of databases themselves, so also in images made from them
_DATA_VARIABLES = (
    "PGDATA",
    "MARIADB_VERSION",
    "MYSQL_MAJOR",
    "MONGO_VERSION",
    "RABBITMQ_DATA_DIR",
    "NEO4J_EDITION",
)
_STORE_SERVICES = frozenset(
    [
        "db",
        "database",
        "postgres",
        "postgresql",
        "mysql",
        "mariadb",
        "mongo",
        "mongodb",
        "redis",
        "rabbitmq",
        "kafka",
    ]
)
_COMPLETED = "service_completed_successfully"
# words in a service's name or command that say it runs once; never a proof alone
_JOB = re.compile(
    r"migrat|\bseed|\binit(?:ialize|_|-|\b)|\bsetup\b|bootstrap|collectstatic|fixture|createsuperuser|provision|"
    r"\bdb:|alembic|flyway|liquibase|prisma|configurat|permissions",
    re.IGNORECASE,
)


def assign(
    environment: Environment, containers: Sequence[Container], declared: Mapping[str, Any]
) -> Services:
    """Say what each service is for; `declared` are the services of today's compose files."""
    by_service = _by_service(containers)
    sharers = dict(_sharers(containers))
    carriers = {service for owners in sharers.values() for service in owners}
    settings = environment.settings
    return Services(
        running={
            service: list(dict.fromkeys(container.image for container in group))
            for service, group in by_service.items()
        },
        references={service: group[0].reference for service, group in by_service.items()},
        replicas={service: len(group) for service, group in by_service.items() if len(group) > 1},
        stores=_stores(by_service),
        jobs=_jobs(by_service, {*_awaited(containers, declared)}, declared, carriers),
        sharers=sharers,
        carriers=sorted(service for service in carriers if _ended(by_service.get(service, ()))),
        down=sorted({container.service for container in containers if _is_down(container)}),
        named=sorted(by_service.keys() & {*settings.apps, *settings.services}),
        only=sorted(settings.services),
        grace=max((container.grace for container in containers), default=10),
    )


def _by_service(containers: Sequence[Container]) -> dict[str, list[Container]]:
    groups: dict[str, list[Container]] = defaultdict(list)
    for container in containers:
        groups[container.service].append(container)
    return dict(sorted(groups.items()))


def left_alone(services: Services) -> dict[str, str]:
    """Service -> why a rollback does not touch it. A job is never started, whoever asks for it."""
    alone = dict(services.stores)
    if services.only:
        others = (service for service in services.running if service not in services.only)
        alone |= dict.fromkeys(others, "is not among `services` of the settings")
    unnamed = {service: why for service, why in alone.items() if service not in services.named}
    return {**unnamed, **services.jobs}


def moving(services: Services) -> list[str]:
    """Return the services that run and that a rollback may move."""
    alone = left_alone(services)
    return [service for service in services.running if service not in alone]


def is_job(service: str, declared: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether the compose files alone say that a service runs once and ends: a rollback must not start it."""
    keys = declared.get(service, {})
    serves = bool(keys.get("ports") or keys.get("healthcheck"))
    awaited = service in _awaited_in(declared)
    named = bool(_JOB.search(f"{service} {keys.get('command') or ''}")) and not serves
    return (
        awaited
        or bool(keys.get("profiles"))
        or (_restart(keys) in ("no", "on-failure", "") and named)
    )


def is_store(service: str, reference: str) -> bool:
    """Whether its image alone says that it keeps data."""
    return split(reference)[0].rpartition("/")[2].lower() in _STORES


def _stores(by_service: Mapping[str, Sequence[Container]]) -> dict[str, str]:
    reasons = {service: _store(service, group) for service, group in by_service.items()}
    return {service: why for service, why in reasons.items() if why}


def _store(service: str, group: Sequence[Container]) -> str:
    """Return why a service is taken to hold data, by its image and by its use; "" when nothing says so."""
    for container in group:
        name = split(container.reference)[0].rpartition("/")[2].lower()
        if name in _STORES:
            return f"is a data store ({name})"
        folders = (mount.target for mount in container.mounts if _DATA.match(mount.target))
        if folder := next(folders, None):
            return f"keeps a database's files in {folder}"
        if container.mounts and (
            _has_data_variables(container) or service.lower() in _STORE_SERVICES
        ):
            return "keeps a database's files"
    return ""


def _has_data_variables(container: Container) -> bool:
    filled = (entry for entry in container.environment if not entry.endswith("="))
    return not {entry.partition("=")[0] for entry in filled}.isdisjoint(_DATA_VARIABLES)


def _jobs(
    by_service: Mapping[str, Sequence[Container]],
    awaited: Collection[str],
    declared: Mapping[str, Any],
    carriers: Collection[str],
) -> dict[str, str]:
    """Service -> why it is a job; what only lends its volumes is a carrier, no job."""
    reasons = {
        service: _job(group, awaited, declared.get(service, {}))
        for service, group in by_service.items()
    }
    return {service: why for service, why in reasons.items() if why and service not in carriers}


def _job(group: Sequence[Container], awaited: Collection[str], keys: Mapping[str, Any]) -> str:
    """Return why a service is taken for a job that runs once and ends; "" when it is not. To move a job would run it again."""
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
    """Whether all containers exited, and nothing says that they are an application that was stopped or crashed."""
    for container in group:
        if container.state.get("Status") != "exited":
            return False
        if container.restart_policy in ("always", "unless-stopped"):
            return False
        if container.ports or (container.health_check and keys.get("healthcheck")):
            return False
    return True


def _is_down(container: Container) -> bool:
    return container.state.get("Status") != "running"


def _ended(group: Sequence[Container]) -> bool:
    """Whether a service has done its work and only lends its volumes."""
    states = [
        (container.state.get("Status"), container.state.get("ExitCode")) for container in group
    ]
    return bool(states) and all(state == ("exited", 0) for state in states)


def _restart(keys: Mapping[str, Any]) -> str:
    """The policy as written; YAML reads an unquoted `no` as false. "" when nothing is written."""
    value = keys.get("restart")
    return "no" if value is False else str(value or "").partition(":")[0]


def _awaited(containers: Sequence[Container], declared: Mapping[str, Any]) -> Iterator[str]:
    for container in containers:
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


def _sharers(containers: Sequence[Container]) -> Iterator[tuple[str, list[str]]]:
    """Yield services that stop working when another one's container is recreated: they still use the old one."""
    service_of = {container.id: container.service for container in containers}
    by_service: dict[str, set[str]] = defaultdict(set)
    for container in containers:
        owners = {service_of.get(id, "") for id in container.shares}
        owners |= {dependency.service for dependency in container.depends_on if dependency.restart}
        by_service[container.service] |= owners - {"", container.service}
    for service, owners in sorted(by_service.items()):
        if owners:
            yield service, sorted(owners)
