"""What a service is for: an application, a store of data, a job, or a sharer of a container."""

from __future__ import annotations

import pytest
from compose_recorded import container, exited, target

from rollback.platforms.docker_compose.engine.containers import Container, Dependency, Mount
from rollback.platforms.docker_compose.history import candidates
from rollback.platforms.docker_compose.services import jobs as jobs_of
from rollback.platforms.docker_compose.services import roles
from rollback.platforms.docker_compose.services import stores as stores_of

DATA = Mount("volume", "shop_data", "/data")
ENDED = {"migrate": {"condition": "service_completed_successfully"}}


def jobs(*containers: Container, **declared: dict[str, object]) -> list[str]:
    return list(target(*containers, declared=declared).details.services.jobs)


def stores(*containers: Container) -> list[str]:
    return list(target(*containers).details.services.stores)


STATES = [
    container("migrate"),
    exited("migrate"),
    exited("migrate", 1),
    container("migrate", restart_policy="always"),
]


@pytest.mark.parametrize("job", STATES, ids=["running", "ended", "failed", "with a restart policy"])
def test_a_service_whose_end_others_await_is_a_job(job):
    assert jobs(job, container("web"), web={"depends_on": ENDED}) == ["migrate"]
    waiting = container(
        "web", depends_on=(Dependency("migrate", "service_completed_successfully", False),)
    )
    found = target(job, waiting).details.services.jobs
    assert found == {"migrate": "is a one-off job that others wait for"}


def test_a_service_whose_start_others_await_is_no_job():
    web = container("web", depends_on=(Dependency("api", "service_healthy", False),))
    assert (
        jobs(container("api"), web, web={"depends_on": {"api": {"condition": "service_started"}}})
        == []
    )
    assert jobs(container("api"), web, web={"depends_on": ["api"]}) == []


@pytest.mark.parametrize("policy", ["no", "on-failure", ""])
def test_a_service_that_exited_with_0_and_does_not_restart_is_a_job(policy):
    assert jobs(exited("anything", restart_policy=policy)) == ["anything"]


@pytest.mark.parametrize("policy", ["always", "unless-stopped"])
def test_a_service_with_a_restart_policy_is_no_job_whatever_its_exit_status(policy):
    assert jobs(exited("web", restart_policy=policy)) == []
    assert jobs(exited("migrate", 1, restart_policy=policy)) == []


def test_a_failed_service_is_a_job_only_by_its_name_or_command():
    assert jobs(exited("web", 1)) == []
    assert jobs(exited("migrate", 1)) == ["migrate"]
    assert jobs(exited("setup", 1, command=("rails", "db:seed"))) == ["setup"]
    assert jobs(exited("backend", 1, command=("alembic", "upgrade", "head"))) == ["backend"]


def test_a_failed_service_with_a_port_or_a_health_check_is_an_application():
    assert jobs(exited("migrations-api", 1, ports=("0.0.0.0:8080:80/tcp",))) == []
    checked = exited("migrate", 1, health_check=True)
    assert jobs(checked, migrate={"healthcheck": {"test": ["CMD", "true"]}}) == []
    assert jobs(checked) == ["migrate"]  # the check is its image's, not its own


def test_a_stopped_application_is_no_job():
    ports = ("0.0.0.0:8080:80/tcp",)
    assert jobs(exited("web", ports=ports)) == []
    checked = exited("web", health_check=True)
    assert jobs(checked, web={"healthcheck": {"test": ["CMD", "true"]}}) == []
    assert jobs(checked) == ["web"]
    assert jobs(exited("web", ports=ports), api={"depends_on": {"web": ENDED["migrate"]}}) == [
        "web"
    ]


@pytest.mark.parametrize("keys", [{"restart": "no"}, {"restart": False}, {"profiles": ["tools"]}])
def test_a_failed_service_that_its_file_never_restarts_is_a_job(keys):
    assert jobs(exited("report", 1), report=keys) == ["report"]
    assert jobs(exited("report", 1), report={"restart": "on-failure:3"}) == []


def test_a_running_service_is_no_job():
    assert jobs(exited("worker"), container("worker")) == []
    assert jobs(container("migrate"), migrate={"restart": "no"}) == []


@pytest.mark.parametrize(
    "reference",
    [
        "postgres:16",
        "bitnami/postgresql:16",
        "ghcr.io/acme/postgres:16",
        "localhost:5000/redis",
        "postgres@sha256:abc",
        "docker.io/library/mysql:8",
        "confluentinc/cp-kafka:7",
        "MongoDB",
        "apache/activemq-artemis:2.37.0",
        "apache/activemq-classic",
    ],
)
def test_well_known_databases_and_queues_are_stores(reference):
    assert stores(container("x", reference=reference)) == ["x"]
    assert stores_of.by_image(reference)


@pytest.mark.parametrize(
    "reference",
    [
        "acme/kafka-consumer:v1",
        "acme/vault-ui:v1",
        "postgres-exporter",
        "acme/redis/web:1",
        "sha256:abc",
        "my-mysql-app",
    ],
)
def test_a_client_of_a_store_is_an_application(reference):
    assert stores(container("x", reference=reference, mounts=(DATA,))) == []
    assert not stores_of.by_image(reference)


def test_images_of_ones_own_are_known_by_their_variables_and_a_mount():
    pgdata = {"reference": "acme/data:1", "environment": ("PGDATA=/pg", "PATH=/bin")}
    assert stores(container("x", mounts=(DATA,), **pgdata)) == ["x"]
    assert stores(container("x", **pgdata)) == []
    assert stores(container("x", mounts=(DATA,), environment=("PGDATA=",))) == []


@pytest.mark.parametrize(
    "path",
    ["/var/lib/mysql", "/var/lib/postgresql/data", "/bitnami/mysql", "/data/db", "/var/lib/redis/"],
)
def test_a_service_with_a_databases_folder_is_a_store(path):
    for kind in ("volume", "bind"):
        assert stores(container("x", mounts=(Mount(kind, "data", path),))) == ["x"]


def test_a_service_called_db_is_a_store_when_it_keeps_something():
    assert stores(container("db", mounts=(DATA,))) == ["db"]
    assert stores(container("db")) == []
    assert stores(container("dbadmin", mounts=(DATA,))) == []


@pytest.mark.parametrize(
    "path", ["/app/static", "/var/www/html", "/var/lib/mysql-backup-ui", "/data"]
)
def test_a_web_service_with_a_volume_moves(path):
    web = container("web", mounts=(Mount("volume", "shop_static", path),))
    assert stores(web) == []
    assert candidates.moving(target(web)) == ["web"]


def test_a_setting_moves_a_store_but_never_a_job():
    both = (container("db", reference="postgres:16"), exited("migrate"), container("web"))
    assert candidates.moving(target(*both)) == ["web"]
    assert candidates.moving(target(*both, apps=("db", "migrate"))) == ["db", "web"]
    assert candidates.moving(target(*both, services=("db", "migrate"))) == ["db"]
    assert (
        roles.left_alone(target(*both, services=("db",)).details.services)["web"]
        == "is not listed under `services` in the settings"
    )


def test_a_job_that_runs_a_databases_image_is_a_job():
    """Restoring a backup, for example."""
    found = target(exited("restore", reference="postgres:16"), container("web")).details.services
    assert roles.left_alone(found) == {"restore": "is a one-off job that has ended"}


def test_sharers_use_the_container_of_another_service():
    vpn = container("vpn")
    tied = [
        container("proxy", shares=("vpn-id",)),
        container("api", depends_on=(Dependency("vpn", "service_started", True),)),
    ]
    free = [
        container("web", depends_on=(Dependency("vpn", "service_started", False),)),
        container("old", shares=("gone-id",)),
    ]
    assert target(vpn, *tied, *free).details.services.sharers == {"api": ["vpn"], "proxy": ["vpn"]}


def test_a_container_that_only_lends_its_volumes_is_no_job():
    assets, web = exited("assets"), container("web", shares=("assets-id",))
    found = target(assets, web).details.services
    assert (found.jobs, found.carriers, found.sharers) == (
        {},
        ["assets"],
        {"web": ["assets"]},
    )
    assert target(exited("assets", 1), web).details.services.carriers == []
    assert target(container("assets"), web).details.services.carriers == []


def test_a_service_with_a_stopped_container_is_down():
    assert target(container("web"), exited("web", 1), container("api")).details.services.down == [
        "web"
    ]


@pytest.mark.parametrize(
    ("keys", "job"),
    [
        ({}, False),
        ({"command": "rake db:migrate"}, True),
        ({"command": "rake db:migrate", "restart": "always"}, False),
        ({"command": "rake db:migrate", "ports": ["80"]}, False),
        ({"profiles": ["tools"]}, True),
        ({"restart": "no"}, False),
    ],
)
def test_a_service_that_only_the_target_has_is_a_job_by_its_file(keys, job):
    assert jobs_of.by_file("x", {"x": keys}) is job
    assert jobs_of.by_file("x", {"x": {}, "web": {"depends_on": {"x": ENDED["migrate"]}}})
