"""What differs between a definition and a container, key by key, whatever way it is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from compose_recorded import Replies, container, source, target

from rollback.platforms.docker_compose.definition import resolved
from rollback.platforms.docker_compose.definition.resolved import Resolved
from rollback.platforms.docker_compose.engine.containers import Mount
from rollback.platforms.docker_compose.services import drift

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
OF_IMAGE = 'sha256:web2 ["PATH=/bin","LANG=C"]\n'
NETWORKS, VOLUMES = {"default": {"name": "shop_default"}}, {"data": {"name": "shop_data"}}


@pytest.fixture
def compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What differs between KEYS and RUNNING, with changes to either; `own`: what the image sets."""
    text = "services: {web: {image: x}}\n"
    (tmp_path / "compose.yaml").write_text(text)

    def differences(keys=None, text=text, declared=None, own=OF_IMAGE, **facts):
        services = {"web": {**KEYS, **(keys or {})}} if declared is None else declared
        wanted = Resolved(services, NETWORKS, VOLUMES)
        monkeypatch.setattr(resolved, "resolve", lambda *_: wanted)
        running = [container("web", **{**RUNNING, **facts})]
        found = target(*running, folder=str(tmp_path))
        return drift.differences(found, source(text), running, Replies({"image inspect": own}))

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
def test_a_difference_names_its_keys(compare, changed, named):
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
        ({"ports": [{"target": 80, "protocol": "tcp"}]}, {"ports": ("::80/tcp",)}),
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
def test_another_way_of_writing_the_same_is_no_difference(compare, keys, changed):
    assert compare(keys, **changed) == []


def test_a_service_missing_from_the_files_is_a_difference(compare):
    (difference,) = compare(declared={})
    assert str(difference) == "is not in the compose files"


def test_a_difference_names_the_variable_behind_it(compare):
    text = "services: {web: {environment: {COLOR: '${SHADE:-red}', COST: '$$5'}}}\n"
    (difference,) = compare(text=text, environment=("COLOR=blue", "COST=$5"))
    assert str(difference) == "COLOR would change (from SHADE)"


def test_services_that_a_rollback_leaves_alone_are_not_compared(compare):
    assert compare(reference="postgres:16", user="root") == []


COLOR, COST = "COLOR=red", "COST=$5"


def names(found) -> tuple[str, ...]:
    return tuple(name for difference in found for name in difference.names)


@pytest.mark.parametrize(
    ("keys", "variables", "lost"),
    [
        ({}, (COLOR, COST, "EXTRA=1"), ("EXTRA",)),
        ({}, (COLOR, COST, "FROM_SHELL=1"), ("FROM_SHELL",)),
        ({}, ("COLOR=blue", COST, "EXTRA=1"), ("COLOR", "EXTRA")),
        ({"environment": None}, (COLOR, "LANG=C"), ("COLOR",)),
    ],
    ids=["in no file", "unset here", "beside a changed one", "no environment in the file"],
)
def test_variables_that_would_be_lost_are_named(compare, keys, variables, lost):
    found = compare(keys, environment=variables)
    assert names(found) == lost
    assert not any(difference.edited for difference in found)


@pytest.mark.parametrize(
    ("variables", "own"),
    [
        ((COLOR, COST, "LANG=C", "PATH=/bin"), OF_IMAGE),
        ((COLOR, COST, "EXTRA="), OF_IMAGE),
        ((COLOR, COST, "EXTRA=1"), ""),
        ((COLOR, COST, "FROM_SHELL=1"), 'sha256:web2 ["FROM_SHELL=1"]\n'),
        ((COLOR, COST), "sha256:web2 null\n"),
        ((COLOR, COST, "LANG=C"), f'sha256:api2 ["X=1"]\n{OF_IMAGE}'),
    ],
    ids=["of its image", "empty", "image is gone", "unset here", "image with none", "other image"],
)
def test_variables_that_stay_or_cannot_be_judged_are_no_difference(compare, variables, own):
    assert compare(environment=variables, own=own) == []


@pytest.mark.parametrize("value", ["D", "C=C", "c"])
def test_a_variable_of_the_image_with_another_value_is_named(compare, value):
    """Somebody gave it: a new container would have the image's own value again."""
    assert names(compare(environment=(COLOR, COST, f"LANG={value}"))) == ("LANG",)
    wanted = {"environment": {"LANG": value}}
    assert compare(wanted, environment=(f"LANG={value}",)) == []


def test_a_value_of_the_image_may_hold_equals_signs(compare):
    own = 'sha256:web2 ["OPTIONS=-Da=1 -Db=2"]\n'
    assert compare(environment=(COLOR, COST, "OPTIONS=-Da=1 -Db=2"), own=own) == []


def test_an_image_without_variables_explains_no_value(compare):
    found = compare(environment=(COLOR, COST, "EXTRA=1"), own="sha256:web2 null\n")
    assert names(found) == ("EXTRA",)


@pytest.mark.parametrize(
    ("keys", "ports"),
    [
        ({}, ("127.0.0.1:8080:80/tcp", "0.0.0.0:9090:90/tcp")),
        ({"ports": None}, ("127.0.0.1:8080:80/tcp",)),
        ({"ports": []}, (":8080:80/udp",)),
    ],
)
def test_ports_that_would_be_lost_are_named(compare, keys, ports):
    assert names(compare(keys, ports=ports)) == ("ports",)


MORE = Mount("volume", "shop_more", "/more"), Mount("bind", "/srv/logs", "/logs")
OTHERS = Mount("tmpfs", "", "/run"), Mount("volume", "c" * 64, "/cache")


def test_mounts_that_would_be_lost_are_named(compare):
    assert names(compare(mounts=(*RUNNING["mounts"], *MORE))) == ("volumes (/logs, /more)",)
    assert names(compare({"volumes": None}, mounts=MORE[:1])) == ("volumes (/more)",)
    assert compare(mounts=(*RUNNING["mounts"], *OTHERS)) == []


@pytest.mark.parametrize(
    ("keys", "facts"),
    [
        ({}, {"shares": ("assets-id",)}),
        ({"secrets": [{"source": "key"}]}, {}),
        ({"configs": [{"source": "conf"}]}, {}),
    ],
    ids=["volumes_from", "secrets", "configs"],
)
def test_mounts_that_the_volumes_of_a_service_do_not_list_are_no_difference(compare, keys, facts):
    more = {"mounts": (*RUNNING["mounts"], *MORE), **facts}
    assert compare(keys, **more) == []
    assert names(compare(keys, **{**more, "mounts": MORE})) == ("volumes (/data, /etc/shop)",)


def test_networks_of_a_service_that_shares_processes_or_volumes_are_compared(compare):
    sharing = {"shares": ("vpn-id",)}
    assert compare(**sharing) == []
    assert names(compare(networks=("bridge",), **sharing)) == ("networks",)
