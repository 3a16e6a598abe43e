"""What the rest of a project holds that a move would need: ports, names and networks."""

from __future__ import annotations

import pytest
from compose_recorded import container, exited, moves, target

from rollback.platforms.docker_compose.definition.resolved import Resolved
from rollback.platforms.docker_compose.preflight import conflicts

PORT = {"target": 80, "published": "8080", "protocol": "tcp"}


@pytest.fixture
def look():
    """Findings of a rollback of `web` to v1; `keys` service -> its resolved definition."""

    def findings(*running, to=None, keys=None, networks=None, **facts):
        found = moves(target(*running), to or {"web": "sha256:web1"}, **facts)
        return list(conflicts.findings(found, Resolved(keys or {}, networks or {}), running))

    return findings


def of(code: str, findings) -> list[tuple[str, str]]:
    return [(finding.level, finding.message) for finding in findings if finding.code == code]


def fixes(code: str, findings) -> list[str]:
    return [finding.fix for finding in findings if finding.code == code]


def test_a_port_that_another_service_uses_is_a_blocker(look):
    holder = container("api", ports=("0.0.0.0:8080:3000/tcp",))
    found = look(container("web"), holder, keys={"web": {"ports": [PORT]}})
    assert of("port-taken", found) == [
        ("blocker", "web of v1 publishes port 0.0.0.0:8080, which api uses now")
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
def test_a_free_port_is_no_blocker(look, other):
    web = container(
        "web", ports=("0.0.0.0:8080:80/tcp",)
    )  # its own, given up before it is needed again
    assert of("port-taken", look(web, other, keys={"web": {"ports": [PORT]}})) == []


@pytest.mark.parametrize(
    ("held", "wanted", "taken"),
    [
        (":8080:80/tcp", "127.0.0.1", True),
        ("0.0.0.0:8080:80/tcp", "127.0.0.1", True),
        (":::8080:80/tcp", "127.0.0.1", True),
        ("127.0.0.1:8080:80/tcp", "", True),
        ("127.0.0.1:8080:80/tcp", "0.0.0.0", True),
        ("127.0.0.1:8080:80/tcp", "::", True),
        ("127.0.0.1:8080:3000/tcp", "127.0.0.1", True),
        ("127.0.0.1:8080:80/tcp", "10.0.0.5", False),
        ("::1:8080:80/tcp", "127.0.0.1", False),
        ("0.0.0.0:8080:80/udp", "127.0.0.1", False),
        ("0.0.0.0:18080:80/tcp", "0.0.0.0", False),
        ("127.0.0.1:80:8080/tcp", "127.0.0.1", False),
        ("::80/tcp", "127.0.0.1", False),
    ],
)
def test_ports_collide_with_the_same_number_and_protocol_and_an_overlapping_address(
    look, held, wanted, taken
):
    keys = {"web": {"ports": [{**PORT, "host_ip": wanted}]}}
    found = look(container("web"), container("api", ports=(held,)), keys=keys)
    assert [level for level, _ in of("port-taken", found)] == ["blocker"] * taken


def test_a_port_of_another_protocol_is_free(look):
    keys = {"web": {"ports": [{**PORT, "protocol": "udp"}]}}
    tcp, udp = (container("api", ports=(f"0.0.0.0:8080:80/{name}",)) for name in ("tcp", "udp"))
    assert of("port-taken", look(container("web"), tcp, keys=keys)) == []
    assert of("port-taken", look(container("web"), udp, keys=keys)) != []


def test_only_the_ports_that_collide_are_named(look):
    ports = ("127.0.0.1:8080:80/tcp", "0.0.0.0:9090:90/tcp")
    holder = container("api", ports=ports)
    found = look(container("web"), holder, keys={"web": {"ports": [PORT]}})
    ((_, message),) = of("port-taken", found)
    assert "publishes port 127.0.0.1:8080, which" in message


@pytest.mark.parametrize("held", [":8080:80/tcp", ":::8080:80/tcp"])
def test_a_port_of_every_address_is_named_by_its_number(look, held):
    holder = container("api", ports=(held,))
    found = look(container("web"), holder, keys={"web": {"ports": [PORT]}})
    ((_, message),) = of("port-taken", found)
    assert message == "web of v1 publishes port 8080, which api uses now"


def test_a_port_of_a_service_that_moves_or_stops_is_no_conflict(look):
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
        ("blocker", "web of v1 needs the container name shop-api-1, which api has now")
    ]
    own = look(container("web"), container("api"), keys={"web": {"container_name": "shop-web-1"}})
    assert of("name-taken", own) == []


def test_losing_the_network_of_other_services_is_a_blocker(look):
    both = [container(service, networks=("shop_new",)) for service in ("web", "api")]
    old = {"web": {"networks": {"default": None}}}
    found = look(*both, keys=old, networks={"default": {"name": "shop_default"}})
    assert of("network-differs", found) == [
        ("blocker", "web would join shop_default, but api is in shop_new")
    ]
    assert fixes("network-differs", found)[0].startswith(
        "roll back the whole project by hand: git checkout v1"
    )


@pytest.mark.parametrize("name", ["shop_new", "shop_default"])
def test_a_shared_or_unused_network_is_no_conflict(look, name):
    web = container("web", networks=("shop_new",))
    other = container("api", networks=("shop_new",) if name == "shop_new" else ("apart",))
    found = look(
        web, other, keys={"web": {"networks": {"x": None}}}, networks={"x": {"name": name}}
    )
    assert of("network-differs", found) == []


BOTH = {"networks": {"front": None, "back": None}}
NAMES = {"front": {"name": "shop_front"}, "back": {"name": "shop_back"}}


@pytest.mark.parametrize(
    ("api", "blocked"),
    [
        (("shop_back",), True),
        (("shop_back", "apart"), True),
        (("shop_front",), False),
        (("shop_front", "shop_back"), False),
        (("apart",), False),
    ],
)
def test_losing_one_of_two_shared_networks_is_a_blocker(look, api, blocked):
    web = container("web", networks=("shop_front", "shop_back"))
    neighbour, other = container("api", networks=api), container("cache", networks=("shop_front",))
    front = {"web": {"networks": {"front": None}}}
    found = look(web, neighbour, other, keys=front, networks=NAMES)
    message = "web would join shop_front, but api is in shop_back, shop_front"
    assert of("network-differs", found) == [("blocker", message)] * blocked
    kept = look(web, neighbour, other, keys={"web": BOTH}, networks=NAMES)
    assert of("network-differs", kept) == []
