"""Stores of data: an older image may not read, or may damage, what a newer one has written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rollback.platforms.docker_compose.engine.containers import Container
from rollback.platforms.docker_compose.engine.images import split

# The last part of an image's name, whole: acme/kafka-consumer and acme/vault-ui are applications.
_STORES = frozenset(
    word
    for line in (
        "postgres postgresql postgis timescaledb timescaledb-ha pgvector postgresql-repmgr",
        "postgres-ha spilo mysql mysql-server mariadb mariadb-galera percona percona-server",
        "percona-xtradb-cluster mssql mongo mongodb mongodb-community-server",
        "mongodb-enterprise-server percona-server-mongodb redis redis-stack redis-stack-server",
        "redis-cluster valkey valkey-cluster keydb dragonfly memcached rabbitmq lavinmq kafka",
        "cp-kafka cp-server kafka-native zookeeper cp-zookeeper redpanda nats pulsar activemq",
        "activemq-classic activemq-artemis artemis elasticsearch opensearch solr meilisearch",
        "typesense minio seaweedfs clickhouse clickhouse-server cassandra scylla neo4j influxdb",
        "couchdb couchbase etcd consul vault cockroach qdrant weaviate milvus chroma prometheus",
        "victoria-metrics grafana arangodb dgraph surrealdb rethinkdb",
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
_NAMES = frozenset(
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


def reasons(by_service: Mapping[str, Sequence[Container]]) -> dict[str, str]:
    """Return service -> why it is taken for a store."""
    all_reasons = {service: _reason(service, group) for service, group in by_service.items()}
    return {service: why for service, why in all_reasons.items() if why}


def by_image(reference: str) -> bool:
    """Whether its image alone says that a service keeps data."""
    return _image_name(reference) in _STORES


def _reason(service: str, group: Sequence[Container]) -> str:
    """Return why a service is taken to hold data, by image and use; "" for no reason."""
    for container in group:
        name = _image_name(container.reference)
        if name in _STORES:
            return f"is a data store ({name})"
        folders = (mount.target for mount in container.mounts if _DATA.match(mount.target))
        if folder := next(folders, None):
            return f"keeps a database's files in {folder}"
        if container.mounts and (_has_data_variables(container) or service.lower() in _NAMES):
            return "keeps a database's files"
    return ""


def _has_data_variables(container: Container) -> bool:
    filled = (entry for entry in container.environment if not entry.endswith("="))
    return not {entry.partition("=")[0] for entry in filled}.isdisjoint(_DATA_VARIABLES)


def _image_name(reference: str) -> str:
    return split(reference)[0].rpartition("/")[2].lower()
