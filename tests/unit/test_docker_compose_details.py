"""What the adapter keeps in a plan: it reads the same from the plan's file, without what is never written."""

from __future__ import annotations

import msgspec
import pytest
from compose_recorded import container, exited, moves, source, target

from rollback.model import Move
from rollback.platforms import docker_compose
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.details import AnonymousVolume, Facts
from rollback.platforms.docker_compose.engine import containers
from rollback.shell import Shell

RUNNING = [container("web"), container("db", reference="postgres:16"), exited("migrate")]


@pytest.fixture
def planned() -> list[Move]:
    mounts = {"web": {"/app": AnonymousVolume("a" * 64, "image")}}
    return moves(target(*RUNNING, anonymous=mounts), {"web": "sha256:web1"})


def loaded(planned: list[Move]) -> list[Move]:
    """The moves as they come from a plan's file; facts of releases are not in it."""
    written = msgspec.json.encode(
        [
            msgspec.structs.replace(
                move,
                current=msgspec.structs.replace(move.current, facts=None),
                to=msgspec.structs.replace(move.to, facts=None),
            )
            for move in planned
        ]
    )
    return msgspec.json.decode(written, type=list[Move])


def test_details_of_a_loaded_plan_are_the_same(planned):
    (move,) = loaded(planned)
    assert isinstance(move.target.details, dict)
    assert details.of(move.target) == details.of(planned[0].target)


def test_a_loaded_plan_has_the_same_guards(planned):
    assert docker_compose.guards(loaded(planned)) == docker_compose.guards(planned)


def test_a_loaded_plan_has_the_same_checks(planned, monkeypatch, tmp_path):
    monkeypatch.setattr(containers, "of", lambda *_: RUNNING)
    shell = Shell(tmp_path)
    first, second = (
        list(docker_compose.checks(found, shell)) for found in (planned, loaded(planned))
    )
    assert first == second and [check.name for check in first] == [
        "container shop-web-1",
        "container shop-db-1",
    ]


def test_facts_of_a_loaded_release_are_empty(planned):
    assert details.facts(planned[0].current).source == source()
    assert details.facts(loaded(planned)[0].current) == Facts()
