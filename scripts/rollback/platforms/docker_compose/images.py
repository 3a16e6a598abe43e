"""Which images are databases, queues and tools that a developer starts beside the application, and which are bare languages."""

from __future__ import annotations

import re

# matched at the start of a word of the repository's name: postgres covers postgresql, bitnami/postgresql-ha, postgres-exporter
_BESIDE = (
    "postgres", "postgis", "pgvector", "pgbouncer", "pgpool", "pgadmin", "pgweb", "pghero", "timescale", "mysql", "mariadb", "percona", "mongo",
    "redis", "valkey", "keydb", "dragonfly", "memcached", "rabbitmq", "kafka", "cp-kafka", "zookeeper", "cp-zookeeper", "cp-schema", "redpanda",
    "elasticsearch", "opensearch", "kibana", "logstash", "filebeat", "minio", "mailhog", "mailpit", "mailcatcher", "maildev", "mailslurper",
    "smtp4dev", "inbucket", "greenmail", "adminer", "phpmyadmin", "localstack", "clickhouse", "cassandra", "scylla", "neo4j", "consul", "vault",
    "etcd", "influxdb", "prometheus", "grafana", "jaeger", "zipkin", "opentelemetry", "otel-collector", "cadvisor", "node-exporter",
    "alertmanager", "pushgateway", "loki", "promtail", "fluentd", "fluent-bit", "nginx", "traefik", "caddy", "haproxy", "varnish", "sonarqube",
    "wiremock", "selenium", "keycloak", "azurite", "azure-sql", "azure-cosmos", "azure-storage", "dynamodb", "meilisearch", "typesense",
    "qdrant", "weaviate", "milvus", "chroma", "chromadb", "cloudflared", "certbot", "letsencrypt", "acme.sh", "acme-companion", "watchtower",
    "portainer", "temporal", "mssql", "cockroach", "couchdb", "couchbase", "rethinkdb", "activemq", "artemis", "solr", "imgproxy", "gotenberg",
    "autoheal", "dozzle", "cerebro", "schema-registry", "debezium", "ksqldb", "akhq", "kafdrop", "kafka-ui", "kowl", "pulsar", "eventstore",
    "openldap", "toxiproxy", "httpbin", "mockserver", "fake-gcs", "pubsub", "bigquery-emulator", "firebase-tools", "cloud-sdk", "swagger",
    "graphite", "statsd", "unleash", "buildkit", "dind", "dockerize", "wait-for", "browserless", "chrome", "chromium", "redisinsight",
    "bull-board", "bullboard", "vernemq", "mosquitto", "emqx", "hazelcast", "yugabyte", "trino", "dgraph", "arangodb", "lavinmq", "elasticmq",
    "stripe-cli", "ngrok", "dynamodb-admin", "mock-oauth2", "dex", "mongo-express", "flyway", "liquibase", "db2", "oracle", "gvenzl", "tika",
    "jaegertracing", "centrifugo", "soketi", "seaweedfs", "gitea", "surrealdb", "edgedb", "hashicorp", "victoriametrics", "victoria-metrics",
    "blackbox", "vitess", "spanner", "hanaexpress", "simplesamlphp", "saml-idp", "docker-idp", "snmp-exporter", "process-exporter",
)  # fmt: skip
_WHOLE = (
    "nats", "seq", "hive", "moto", "tempo", "s3", "ldap", "sftp", "ftp", "squid", "registry", "docker", "whoami", "hello-world", "migrate",
    "dbmate", "server-mssql", "zap", "solr", "proxy",
)  # fmt: skip
_BESIDE_WORD = re.compile(
    rf"[/_-]tests?(?:[/_-]|$)|(?:^|[/_-])(?:{'|'.join(map(re.escape, _BESIDE))}|(?:{'|'.join(_WHOLE)})$)"
)
_LANGUAGE = re.compile(
    r"^(?:docker\.io/)?(?:library/)?(?:node|python|ruby|golang|php|composer|openjdk|maven|gradle|rust|alpine|ubuntu|debian|busybox|oven/bun|elixir|httpd|perl|"
    r"eclipse-temurin|amazoncorretto|denoland/deno|mcr\.microsoft\.com/(?:dotnet|devcontainers)/.*|cypress/.*|bash|swift|erlang|haskell|clojure|sbt)$"
)


def beside_the_application(image: str) -> bool:
    """`image`: an image, or the name of a service that is built here; nothing at all is what another file defines."""
    if not image:
        return True
    return bool(_BESIDE_WORD.search(_repository(image)))


def bare_language(image: str) -> bool:
    return bool(_LANGUAGE.match(_repository(image)))


def _repository(image: str) -> str:
    """Without tag, digest and the registry's port: `${REGISTRY:-ghcr.io}/acme/shop:${TAG:-latest}` is `/acme/shop`."""
    plain = re.sub(r"\$\{\w*:?-([^}]*)\}", r"\1", image.lower())  # a variable's default
    bare = re.sub(r"\$\{[^}]*\}|\$\w+", "", plain).partition("@")[0]
    return re.sub(r":[^/]*$", "", bare)
