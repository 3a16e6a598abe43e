"""Docker Compose: files that run the application itself; a developer's database and tools are no deployment."""

from __future__ import annotations

import re

from rollback.files import FileIndex, folder
from rollback.model import Evidence
from rollback.pipelines import scripts, steps
from rollback.platforms.docker_compose.scan import Service, services

MARKERS = ("compose*.y*ml", "docker-compose*.y*ml", "*.docker-compose.y*ml", "*compose*.y*ml")

_UP = r"(?:docker[ -]compose|docker compose)\b[^\n|;&]*\bup\b"
_REMOTE = r"appleboy/ssh-action|^\s*(?:- |run: )?.*\bssh\b[^\n]*(?:@|\$)|DOCKER_HOST|docker context|ssh-deploy|docker -H"
_DEVELOPER = re.compile(
    r"(?:^|[-_./])(?:dev|devel|development|local|localhost|tests?|testing|override|ci|debug|e2e|devcontainer|integration|benchmarks?|bench|lint|build|tools?"
    r"|sandbox|perf|dependencies|deps|infra|services?|db|database|example|sample|demo|mac|windows|arm64|gpu|hot|watch|xdebug)(?:[-_./]|$)"
)
_PRODUCTION = re.compile(r"(?:^|[-_./])(?:prod|production|release|selfhost\w*|self-host\w*|live|server|deploy\w*|hosting|quickstart|standalone|on-?prem\w*)(?:[-_./]|$)")
_INFRASTRUCTURE = re.compile(
    r"postgres|postgis|pgvector|pgbouncer|pgpool|timescale|mysql|mariadb|percona|mongo|redis|valkey|keydb|dragonfly|memcached|rabbitmq|kafka|zookeeper|redpanda|"
    r"elasticsearch|opensearch|kibana|logstash|filebeat|minio|mailhog|mailpit|mailcatcher|maildev|adminer|pgadmin|phpmyadmin|localstack|clickhouse|cassandra|"
    r"scylla|neo4j|nats|consul|vault|etcd|influxdb|prom/|prometheus|grafana|jaeger|zipkin|otel|opentelemetry|cadvisor|exporter|nginx|traefik|caddy|haproxy|"
    r"sonarqube|wiremock|selenium|chrom|keycloak|azurite|azure-|dynamodb|meilisearch|typesense|qdrant|weaviate|milvus|inbucket|greenmail|smtp|mock|firebase|"
    r"stripe|ngrok|cloudflared|certbot|letsencrypt|acme|watchtower|portainer|temporal|mssql|oracle|cockroach|couchdb|rethinkdb|activemq|artemis|solr|zammad/none|"
    r"imgproxy|gotenberg|autoheal|dozzle|cerebro|schema-registry|debezium|ksql|akhq|kafdrop|pulsar|eventstore|seq$|seq:|ldap|sftp|ftp|squid|toxiproxy|httpbin|"
    r"moto|s3|fake|gcs|pubsub|bigquery|spanner|emulator|whoami|soketi|verdaccio|registry:|swagger|graphite|statsd|fluent|loki|promtail|tempo|unleash|ollama|"
    r"docker:|dind|buildkit|tianon|hello-world|wait-for|dockerize|migrate/migrate|flyway|liquibase|pgweb|pghero|bull-?board|redisinsight|redis-commander|vernemq|"
    r"mosquitto|emqx|hazelcast|ignite|yugabyte|tidb|spark|flink|hadoop|trino|presto|hive|sqlite|edgedb|dgraph|arango|orientdb|gitea/gitea|gogs|lavinmq|celery/none"
)
_LANGUAGE = re.compile(r"^(?:docker\.io/)?(?:library/)?(?:node|python|ruby|golang|php|composer|openjdk|maven|gradle|rust|alpine|ubuntu|debian|busybox|oven/bun|elixir|"
                       r"mcr\.microsoft\.com/(?:dotnet|devcontainers)\S*|cypress/\S*|httpd|perl|eclipse-temurin|denoland/deno)(?:[:@].*)?$")  # fmt: skip
_SOURCE = re.compile(r"^\s*-\s*[\"']?(?:\.{1,2}/?|\.{1,2}/[\w./-]*(?:src|app|api|web|backend|frontend|server|client|code|packages|lib|www)[\w./-]*|\$\{?PWD\}?[\w./-]*):/", re.MULTILINE)
_LONG_SOURCE = re.compile(r"source:\s*[\"']?\.{1,2}/?[\"']?\s*$|\baction:\s*sync|^\s+develop\s*:", re.MULTILINE)
_DEV_COMMAND = re.compile(
    r"run (?:start:)?dev\b|(?:yarn|pnpm|bun|npm) (?:start:)?dev\b|nodemon|runserver|--reload\b|\bwebpack|--watch|\bair\b|flask run|sleep infinity|tail -f /dev/null|"
    r"artisan serve|target:\s*[\"']?(?:dev|development|local)|(?:NODE_ENV|RAILS_ENV|FLASK_ENV|APP_ENV|ASPNETCORE_ENVIRONMENT|MIX_ENV|ENVIRONMENT)[\"']?\s*[:=]\s*[\"']?"
    r"(?:dev|local|test)|dockerfile:.*(?:dev|local)|Dockerfile\.(?:dev|local)|develop\.Dockerfile|go run|dotnet watch|cargo watch|ts-node-dev|vite", re.IGNORECASE)  # fmt: skip
_SOURCES = ("package.json", "go.mod", "pom.xml", "build.gradle", "build.gradle.kts", "Gemfile", "composer.json", "pyproject.toml", "setup.py", "requirements.txt",
            "Cargo.toml", "mix.exs", "*.sln", "*.csproj", "CMakeLists.txt", "manage.py")  # fmt: skip


def detect(files: FileIndex) -> list[Evidence]:
    remote = [path for path in steps(files, _UP) if path in steps(files, _REMOTE)]
    found = [Evidence(80, path, ("deploy step runs docker compose on a host",)) for path in remote]
    found += [Evidence(65, path, ("deploy script runs docker compose",)) for path in scripts(files, _UP) if "deploy" in path]
    for path in files.matching(*MARKERS):
        if parts := services(files.text(path)):
            found.append(_judge(files, path, parts))
    return found


def _judge(files: FileIndex, path: str, parts: list[Service]) -> Evidence:
    name = path.lower()
    own = [part for part in parts if not _is_infrastructure(part)]
    if _PRODUCTION.search(name):
        return Evidence(80, path, ("compose file for production",)) if own or len(parts) > 2 else Evidence(45, path, ("infrastructure only",))
    if _DEVELOPER.search(name):
        return Evidence(30, path, ("named as a developer's compose file",))
    if not own:
        return _only_infrastructure(files, path, parts)
    running = [part for part in own if not _is_development(part)]
    if not running:
        return Evidence(35, path, ("its services mount the source or run development commands",))
    return _application(path, running)


def _application(path: str, running: list[Service]) -> Evidence:
    text = "\n".join(part.text for part in running)
    strength = 60 + 10 * bool(re.search(r"restart\s*:\s*[\"']?(?:always|unless-stopped|on-failure)|restart_policy", text)) + 5 * any(
        part.image and not part.built for part in running)  # fmt: skip
    return Evidence(strength, path, (f"runs {', '.join(part.name for part in running[:3])}",))


def _only_infrastructure(files: FileIndex, path: str, parts: list[Service]) -> Evidence:
    """A stack of well-known images is a deployment only where there is no source it could serve during development."""
    has_source = any("/" not in source or folder(source) == folder(path) for source in files.matching(*_SOURCES))
    if not has_source and len(parts) > 1 and "restart" in files.text(path):
        return Evidence(60, path, ("a stack of ready images, and no source beside it",))
    return Evidence(30, path, ("starts only databases and tools",))


def _is_infrastructure(part: Service) -> bool:
    return not part.built and bool(not part.image or _INFRASTRUCTURE.search(part.image.lower()))


def _is_development(part: Service) -> bool:
    mounted = bool(_SOURCE.search(part.text) or _LONG_SOURCE.search(part.text))
    return bool(mounted and (part.built or _LANGUAGE.match(part.image))) or bool(_DEV_COMMAND.search(part.text)) or bool(_LANGUAGE.match(part.image))
