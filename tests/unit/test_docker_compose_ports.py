"""Ports of a definition and of a container: the same but for numbers that the engine chose."""

from __future__ import annotations

import pytest
from compose_recorded import container

from rollback.platforms.docker_compose.services import attachments

FIXED = {"target": 80, "published": "8080", "host_ip": "127.0.0.1", "protocol": "tcp"}
FREE = {"target": 80, "protocol": "tcp"}
NUMBERED, CHOSEN = "127.0.0.1:8080:80/tcp", "::80/tcp"  # the engine's choice is not recorded


def same(keys: list[dict], *ports: str) -> bool:
    return attachments.same_ports({"ports": keys}, container("web", ports=ports))


@pytest.mark.parametrize("free", [FREE, {**FREE, "published": "32000-33000"}])
def test_a_port_chosen_by_the_engine_beside_a_fixed_port_is_no_difference(free):
    assert same([FIXED, free], NUMBERED, CHOSEN)
    assert same([free, FIXED], "127.0.0.1::80/tcp", NUMBERED)
    assert same([FIXED, free], NUMBERED, ":32000-33000:80/tcp")


@pytest.mark.parametrize(
    ("keys", "ports"),
    [
        ([FIXED], (NUMBERED, CHOSEN)),
        ([FIXED, {**FREE, "target": 81}], (NUMBERED, CHOSEN)),
        ([FIXED, {**FREE, "protocol": "udp"}], (NUMBERED, CHOSEN)),
        ([FIXED, FREE], (CHOSEN,)),
    ],
    ids=["none is free", "other target", "other protocol", "the fixed one is not there"],
)
def test_a_free_port_excuses_no_other(keys, ports):
    assert not same(keys, *ports)
