"""Which services a rollback may move: not those that keep data, not those that run once and end."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rollback.environment import Environment
from rollback.platforms.docker_compose.containers import Container

# images of databases, queues and stores: an older one may not read, or may damage, what a newer one has written
_STORES = re.compile(
    r"(?:^|[/_-])(?:postgres(?:ql)?|postgis|timescaledb|pgvector|mysql|mariadb|percona|mongo(?:db)?|redis|valkey|keydb|memcached|rabbitmq|kafka|zookeeper|"
    r"redpanda|elasticsearch|opensearch|solr|minio|clickhouse(?:-server)?|cassandra|scylla|neo4j|influxdb|couchdb|etcd|consul|vault|nats|mssql|cockroach|"
    r"meilisearch|typesense|qdrant|weaviate|milvus|prometheus|grafana|activemq|artemis|pulsar|arangodb|dgraph|surrealdb|rethinkdb)(?=$|[:@/_-])"
)


def sorts(environment: Environment, folder: Path, ours: Sequence[Container]) -> dict[str, Any]:
    """`running` service -> image ids, `replicas`, what keeps data (`stores`, `volumes`), jobs that ran `once`; `named` = asked for by name."""
    by_service: dict[str, list[Container]] = defaultdict(list)
    for one in ours:
        by_service[one.service].append(one)
    asked = set(environment.settings.apps) | set(environment.settings.services)
    return {
        "running": {service: list(dict.fromkeys(one.image for one in found)) for service, found in sorted(by_service.items())},
        "replicas": {service: len(found) for service, found in by_service.items() if len(found) > 1},
        "stores": sorted(service for service, found in by_service.items() if any(_STORES.search(one.reference.lower()) for one in found)),
        "volumes": sorted(service for service, found in by_service.items() if any(named for one in found for _, named in one.volumes)),
        "once": sorted(service for service, found in by_service.items() if all(map(_ended_well, found))),
        "named": sorted(asked & by_service.keys()),
        "only": sorted(environment.settings.services),
    }


def left_alone(details: Mapping[str, Any]) -> dict[str, str]:
    """Service -> why a rollback does not touch it, unless it is asked for by name."""
    alone = dict.fromkeys(details["volumes"], "keeps data in a named volume") | dict.fromkeys(details["stores"], "is a data store")
    alone |= dict.fromkeys(details["once"], "is a job that ran once and ended")
    if details["only"]:
        alone |= {service: "is not among `services` of the settings" for service in details["running"] if service not in details["only"]}
    return {service: why for service, why in alone.items() if service not in details["named"]}


def _ended_well(one: Container) -> bool:
    """A job such as a migration: it ran, ended with 0 and nobody restarts it. Moving it would run it again."""
    return one.state.get("Status") == "exited" and one.state.get("ExitCode") == 0 and one.restart_policy in ("", "no", "on-failure")
