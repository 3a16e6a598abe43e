"""What the rest of a project holds that a move would need: ports, names and networks."""

from __future__ import annotations

import pytest
from compose_recorded import Replies, container, exited, moves, target

from rollback.platforms.docker_compose import containers, neighbours
from rollback.platforms.docker_compose.definition import Resolved

PORT = {"target": 80, "published": "8080", "protocol": "tcp"}


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch):
    """Findings of a rollback of `web` to v1; `keys` service -> its resolved definition."""

    def findings(*running, to=None, keys=None, networks=None, **facts):
        monkeypatch.setattr(containers, "of", lambda *_: list(running))
        found = moves(target(*running), to or {"web": "sha256:web1"}, **facts)
        return list(neighbours.findings(found, Resolved(keys or {}, networks or {}), Replies({})))

    return findings


def of(code: str, findings) -> list[tuple[str, str]]:
    return [(finding.level, finding.message) for finding in findings if finding.code == code]


def fixes(code: str, findings) -> list[str]:
    return [finding.fix for finding in findings if finding.code == code]


def test_a_port_that_another_service_holds_is_a_blocker(look):
    holder = container("api", ports=("0.0.0.0:8080:3000/tcp",))
    found = look(container("web"), holder, keys={"web": {"ports": [PORT]}})
    assert of("port-taken", found) == [
        ("blocker", "web of v1 publishes port 8080, which api holds now")
    ]
    assert "docker compose stop api" in fixes("port-taken", found)[0]


@pytest.mark.parametrize(
    "other",
    [
        container("api"),
        container("api", ports=("0.0.0.0:80:8080/tcp",)),
        exited("api", 1, ports=("0.0.0.0:8080:80/tcp",)),
    ],
    ids=["none", "another port", "not running"],
)
def test_a_port_that_nobody_holds_is_no_blocker(look, other):
    web = container(
        "web", ports=("0.0.0.0:8080:80/tcp",)
    )  # its own, given up before it is needed again
    assert of("port-taken", look(web, other, keys={"web": {"ports": [PORT]}})) == []


def test_a_port_of_what_moves_or_stops_is_free_by_then(look):
    holder = container("web", ports=("0.0.0.0:8080:80/tcp",))
    keys = {"app": {"ports": [PORT]}}
    stopped = look(holder, to={"app": "sha256:app1"}, keys=keys, lacks=["web"], starts=["app"])
    assert of("port-taken", stopped) == []
    moved = look(holder, to={"web": "sha256:web1", "app": "sha256:app1"}, keys=keys, starts=["app"])
    assert of("port-taken", moved) == []


def test_a_name_that_another_container_has_is_a_blocker(look):
    keys = {"web": {"container_name": "shop-api-1"}}
    found = look(container("web"), container("api"), keys=keys)
    assert of("name-taken", found) == [
        ("blocker", "web of v1 is called shop-api-1, as the container of api is now")
    ]
    own = look(container("web"), container("api"), keys={"web": {"container_name": "shop-web-1"}})
    assert of("name-taken", own) == []


def test_a_network_that_the_rest_is_not_in_is_a_blocker(look):
    both = [container(service, networks=("shop_new",)) for service in ("web", "api")]
    old = {"web": {"networks": {"default": None}}}
    found = look(*both, keys=old, networks={"default": {"name": "shop_default"}})
    assert of("network-differs", found) == [
        ("blocker", "web would join shop_default, but api is in shop_new")
    ]
    assert fixes("network-differs", found)[0].startswith(
        "bring the whole project back by hand: git checkout v1"
    )


@pytest.mark.parametrize("name", ["shop_new", "shop_default"])
def test_a_network_that_both_have_or_that_nobody_else_is_in_is_none(look, name):
    web = container("web", networks=("shop_new",))
    other = container("api", networks=("shop_new",) if name == "shop_new" else ("apart",))
    found = look(
        web, other, keys={"web": {"networks": {"x": None}}}, networks={"x": {"name": name}}
    )
    assert of("network-differs", found) == []
