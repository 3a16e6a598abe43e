"""What the engine says of a container, read from a recorded answer with some facts changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from compose_recorded import CASES, Project
from compose_recorded import nothing_of_this_machine as nothing_of_this_machine

from rollback.platforms.docker_compose.engine import containers
from rollback.platforms.docker_compose.engine.containers import Container, Dependency, Mount


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, CASES[0])


def read(project: Project, **changes: dict) -> Container:
    """The container of `web`, with other keys in the parts named."""
    question, facts = project.containers()
    for one in facts:
        for part, keys in changes.items():
            one[part] = one[part] | keys if isinstance(one[part], dict) else keys
    project.shell.answers[question] = (0, json.dumps(facts), "")
    return next(one for one in containers.of(project.shell, "shop") if one.service == "web")


def test_a_recorded_container_is_read(project):
    web = read(project)
    assert (web.name, web.project, web.reference) == ("shop-web-1", "shop", "shop:v3")
    assert web.image == project.image("shop:v3")
    assert web.ports == ("127.0.0.1:18080:8080/tcp",) and web.networks == ("shop_default",)
    assert web.files == (str(project.root / "docker-compose.yml"),)
    assert web.depends_on == (Dependency("db", "service_started", False),)
    assert "COLOR=red" in web.environment and not web.shares
    assert not any(name.startswith("com.docker.compose.") for name in web.labels)


def test_dependencies_are_read_from_the_label_of_compose(project):
    written = "db:service_healthy:true,migrate:service_completed_successfully:false,old"
    label = {"com.docker.compose.service": "web", "com.docker.compose.depends_on": written}
    assert read(project, Config={"Labels": label}).depends_on == (
        Dependency("db", "service_healthy", True),
        Dependency("migrate", "service_completed_successfully", False),
        Dependency("old", "", False),
    )


@pytest.mark.parametrize("mode", ["NetworkMode", "PidMode", "IpcMode"])
def test_namespaces_of_another_container_are_shared(project, mode):
    assert read(project, HostConfig={mode: "container:abc"}).shares == ("abc",)
    assert read(project, HostConfig={mode: "host"}).shares == ()


def test_volumes_of_another_container_are_shared(project):
    assert read(project, HostConfig={"VolumesFrom": ["abc:rw", "def"]}).shares == ("abc", "def")


def test_mounts_have_the_name_of_their_volume_or_the_path_of_their_folder(project):
    mounts = [
        {
            "Type": "volume",
            "Name": "a" * 64,
            "Source": "/var/lib/docker/volumes/x",
            "Destination": "/a",
        },
        {"Type": "volume", "Name": "shop_data", "Source": "/var/lib/docker/y", "Destination": "/b"},
        {"Type": "bind", "Source": "/srv/etc", "Destination": "/c"},
    ]
    found = read(project, Mounts=mounts).mounts
    assert found == (
        Mount("volume", "a" * 64, "/a"),
        Mount("volume", "shop_data", "/b"),
        Mount("bind", "/srv/etc", "/c"),
    )
    assert [mount.anonymous for mount in found] == [True, False, False]


@pytest.mark.parametrize(
    ("check", "there"),
    [({"Test": ["CMD", "true"]}, True), ({"Test": ["NONE"]}, False), ({}, False), (None, False)],
)
def test_a_disabled_health_check_does_not_count(project, check, there):
    assert read(project, Config={"Healthcheck": check}).health_check is there


def test_a_container_that_vanished_in_between_is_left_out(project):
    question, facts = project.containers()
    answer = (1, json.dumps(facts[:1]), "Error response from daemon: No such container: abc")
    project.shell.answers[question] = answer
    assert len(containers.of(project.shell, "shop")) == 1
