"""What differs between a definition and a container, key by key, whatever way it is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from compose_recorded import container, source, target

from rollback.platforms.docker_compose import definition, drift
from rollback.platforms.docker_compose.containers import Mount
from rollback.platforms.docker_compose.definition import Resolved
from rollback.shell import Shell

KEYS = {
    "environment": {"COLOR": "red", "COST": "$$5", "FROM_SHELL": None},
    "command": ["serve", "--all"],
    "entrypoint": None,
    "user": "app",
    "restart": "always",
    "ports": [{"target": 80, "published": "8080", "host_ip": "127.0.0.1", "protocol": "tcp"}],
    "volumes": [
        {"type": "volume", "source": "data", "target": "/data"},
        {"type": "bind", "source": "/srv/shop/etc/", "target": "/etc/shop"},
    ],
    "networks": {"default": None},
    "labels": {"tier": "front"},
}
RUNNING = {
    "environment": ("COLOR=red", "COST=$5", "PATH=/bin"),
    "command": ("serve", "--all"),
    "entrypoint": ("/init",),
    "user": "app",
    "restart_policy": "always",
    "ports": ("127.0.0.1:8080:80/tcp",),
    "mounts": (
        Mount("volume", "shop_data", "/data"),
        Mount("bind", "/srv/shop/etc", "/etc/shop"),
        Mount("volume", "a" * 64, "/tmp"),
    ),
    "networks": ("shop_default",),
    "labels": {"tier": "front", "of.the.image": "1"},
}
NETWORKS, VOLUMES = {"default": {"name": "shop_default"}}, {"data": {"name": "shop_data"}}


@pytest.fixture
def compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What differs between KEYS and RUNNING, with changes to either."""
    (tmp_path / "compose.yaml").write_text("services: {web: {image: x}}\n")

    def differences(keys=None, text="services: {web: {image: x}}\n", declared=None, **facts):
        services = {"web": {**KEYS, **(keys or {})}} if declared is None else declared
        resolved = Resolved(services, NETWORKS, VOLUMES)
        monkeypatch.setattr(definition, "resolve", lambda *_: resolved)
        running = [container("web", **{**RUNNING, **facts})]
        return drift.differences(
            target(*running, folder=str(tmp_path)), source(text), running, Shell(tmp_path)
        )

    return differences


def test_equal_containers_are_no_difference(compare):
    assert compare() == []


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"environment": ("COLOR=blue", "COST=$5")}, ("COLOR",)),
        ({"environment": ()}, ("COLOR", "COST")),
        ({"command": ("serve",)}, ("command",)),
        ({"user": ""}, ("user",)),
        ({"restart_policy": "no"}, ("restart",)),
        ({"ports": ("127.0.0.1:8081:80/tcp",)}, ("ports",)),
        ({"ports": ("0.0.0.0:8080:80/tcp",)}, ("ports",)),
        ({"ports": ()}, ("ports",)),
        (
            {
                "mounts": (
                    Mount("volume", "shop_data", "/data"),
                    Mount("bind", "/srv/old/etc", "/etc/shop"),
                )
            },
            ("volumes (/etc/shop)",),
        ),
        (
            {
                "mounts": (
                    Mount("volume", "b" * 64, "/data"),
                    Mount("bind", "/srv/shop/etc", "/etc/shop"),
                )
            },
            ("volumes (/data)",),
        ),
        ({"networks": ("shop_default", "other")}, ("networks",)),
        ({"networks": ("bridge",)}, ("networks",)),
        ({"labels": {"tier": "back"}}, ("labels (tier)",)),
        ({"labels": {}}, ("labels (tier)",)),
        ({"user": "root", "command": ()}, ("command", "user")),
    ],
)
def test_what_differs_is_named(compare, changed, named):
    (difference,) = compare(**changed)
    assert difference.names == named
    assert str(difference) == f"{', '.join(named)} would change"
    assert not difference.edited


@pytest.mark.parametrize(
    ("keys", "changed"),
    [
        ({"command": None}, {"command": ("of", "the", "image")}),
        ({"user": None}, {"user": "1000"}),
        ({"entrypoint": ["/init"]}, {}),
        ({"command": ["$$HOME"]}, {"command": ("$HOME",)}),
        ({"ports": [{"target": 80, "protocol": "tcp"}]}, {"ports": ("0.0.0.0:32768:80/tcp",)}),
        ({"ports": ["8080:80"]}, {"ports": ()}),
        ({"volumes": ["data:/data"]}, {"mounts": ()}),
        (
            {"networks": None, "network_mode": "service:vpn"},
            {"networks": (), "shares": ("vpn-id",)},
        ),
        ({"restart": "on-failure:3"}, {"restart_policy": "on-failure"}),
        ({"restart": "no"}, {"restart_policy": ""}),
        ({"environment": {"DEBUG": True}}, {"environment": ("DEBUG=true",)}),
        ({"environment": ["A=1"]}, {"environment": ("A=1",)}),
    ],
)
def test_what_is_only_written_in_another_way_is_no_difference(compare, keys, changed):
    assert compare(keys, **changed) == []


def test_a_service_that_the_files_lack_is_told(compare):
    (difference,) = compare(declared={})
    assert str(difference) == "is not in the compose files"


def test_the_variable_behind_a_changed_name_is_told(compare):
    text = "services: {web: {environment: {COLOR: '${SHADE:-red}', COST: '$$5'}}}\n"
    (difference,) = compare(text=text, environment=("COLOR=blue", "COST=$5"))
    assert str(difference) == "COLOR would change (from SHADE)"


def test_services_that_a_rollback_leaves_alone_are_not_compared(compare):
    assert compare(reference="postgres:16", user="root") == []
