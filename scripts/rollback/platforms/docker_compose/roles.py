"""What each service is for: an application that a rollback moves, a store of data, a job that runs once, or a sharer of another's network."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from rollback.settings.environment import Environment
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.local_images import split

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
# words in a service's name or command that say it runs once; never a proof alone
_JOB = re.compile(
    r"migrat|\bseed|\binit(?:ialize|_|-|\b)|\bsetup\b|bootstrap|collectstatic|fixture|createsuperuser|provision|"
    r"\bdb:|alembic|flyway|liquibase|prisma|configurat|permissions",
    re.IGNORECASE,
)


def sort(
    environment: Environment, containers: Sequence[Container], declared: Mapping[str, Any]
) -> dict[str, Any]:
    """What the details of a target say about services; `declared` are the services of today's compose files.

    `running` service -> image ids; `replicas` where there are several; `stores`, `jobs` service -> why;
    `sharers` service -> whose network, processes or volumes it uses; `named` = asked for by name.
    """
    by_service = _by_service(containers)
    sharers = dict(_sharers(containers))
    carriers = {service for services in sharers.values() for service in services}
    awaited = {*_awaited(containers, declared)}
    jobs = {
        service: _job(found, awaited, declared.get(service, {}))
        for service, found in by_service.items()
    }
    stores = {service: _store(service, found) for service, found in by_service.items()}
    return {
        "running": {
            service: list(dict.fromkeys(one.image for one in found))
            for service, found in sorted(by_service.items())
        },
        "references": {
            service: found[0].reference for service, found in sorted(by_service.items())
        },
        "replicas": {
            service: len(found) for service, found in by_service.items() if len(found) > 1
        },
        "stores": {service: why for service, why in sorted(stores.items()) if why},
        "jobs": {
            service: why for service, why in sorted(jobs.items()) if why and service not in carriers
        },
        "sharers": sharers,
        "carriers": sorted(service for service in carriers if _ended(by_service.get(service, ()))),
        "down": sorted({container.service for container in containers if _is_down(container)}),
        "named": sorted(
            by_service.keys() & {*environment.settings.apps, *environment.settings.services}
        ),
        "only": sorted(environment.settings.services),
        "grace": max((container.grace for container in containers), default=10),
    }


def _by_service(containers: Sequence[Container]) -> dict[str, list[Container]]:
    found: dict[str, list[Container]] = defaultdict(list)
    for container in containers:
        found[container.service].append(container)
    return found


def left_alone(details: Mapping[str, Any]) -> dict[str, str]:
    """Service -> why a rollback does not touch it. A job is never started, whoever asks for it."""
    alone = dict(details["stores"])
    if details["only"]:
        running = details["running"]
        alone |= {
            service: "is not among `services` of the settings"
            for service in running
            if service not in details["only"]
        }
    alone = {service: why for service, why in alone.items() if service not in details["named"]}
    return {**alone, **details["jobs"]}


def is_job(service: str, declared: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a compose file alone says that a service runs once and ends: what a rollback must not start."""
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


def _store(service: str, found: Sequence[Container]) -> str:
    """Why it is taken to hold data, by its image and by its use; "" when nothing says so."""
    for container in found:
        name = split(container.reference)[0].rpartition("/")[2].lower()
        if name in _STORES:
            return f"is a data store ({name})"
        if data := next(
            (mount.target for mount in container.mounts if _DATA.match(mount.target)), None
        ):
            return f"keeps a database's files in {data}"
        variables = {
            entry.partition("=")[0] for entry in container.environment if not entry.endswith("=")
        }
        if container.mounts and (
            variables.intersection(_DATA_VARIABLES) or service.lower() in _STORE_SERVICES
        ):
            return "keeps a database's files"
    return ""


def _job(found: Sequence[Container], awaited: Collection[str], keys: Mapping[str, Any]) -> str:
    """Why it is taken for a job that runs once and ends; "" when it is not. Moving one would run it again."""
    service = found[0].service
    if service in awaited:
        return "is a one-off job that others wait for"
    if any(container.state.get("Status") != "exited" for container in found):
        return ""
    if any(container.restart_policy in ("always", "unless-stopped") for container in found):
        return ""
    if any(
        container.ports or (container.health_check and keys.get("healthcheck"))
        for container in found
    ):
        return ""  # an application that was stopped, or crashed
    if all(container.state.get("ExitCode") == 0 for container in found):
        return "is a one-off job that has ended"
    if keys.get("profiles") or _restart(keys) == "no":
        return "is a one-off job that failed"
    text = f"{service} {' '.join(found[0].command)}"
    return "is a one-off job that failed" if _JOB.search(text) else ""


def _is_down(container: Container) -> bool:
    return container.state.get("Status") != "running"


def _ended(found: Sequence[Container]) -> bool:
    """A container that has done its work and only lends its volumes."""
    return bool(found) and all(
        one.state.get("Status") == "exited" and one.state.get("ExitCode") == 0 for one in found
    )


def _restart(keys: Mapping[str, Any]) -> str:
    """The policy as written; YAML reads an unquoted `no` as false. "" when nothing is written."""
    value = keys.get("restart")
    return "no" if value is False else str(value or "").partition(":")[0]


def _awaited(containers: Sequence[Container], declared: Mapping[str, Any]) -> Iterator[str]:
    for container in containers:
        for dependency in container.depends_on:
            if dependency.condition == "service_completed_successfully":
                yield dependency.service
    yield from _awaited_in(declared)


def _awaited_in(declared: Mapping[str, Any]) -> set[str]:
    found = set()
    for keys in declared.values():
        dependencies = keys.get("depends_on") if isinstance(keys, dict) else None
        for service, entry in dependencies.items() if isinstance(dependencies, dict) else ():
            if (
                isinstance(entry, dict)
                and entry.get("condition") == "service_completed_successfully"
            ):
                found.add(str(service))
    return found


def _sharers(containers: Sequence[Container]) -> Iterator[tuple[str, list[str]]]:
    """Services that stop working when another one's container is made anew: they hold on to the one that is gone."""
    service_of = {container.id: container.service for container in containers}
    by_service: dict[str, set[str]] = defaultdict(set)
    for container in containers:
        owners = {service_of.get(id, "") for id in container.shares}
        owners |= {dependency.service for dependency in container.depends_on if dependency.restart}
        by_service[container.service] |= owners - {"", container.service}
    for service, owners in sorted(by_service.items()):
        if owners:
            yield service, sorted(owners)
